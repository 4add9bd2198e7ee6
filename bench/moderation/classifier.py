"""
The classifier that works out of the box, measured: how good on rows it has not seen, how dear a sentence.

Run: python -m bench.moderation.classifier DATA [--folds]. DATA holds cold/train.csv, cold/dev.csv (COLDataset) and
kdconv-benign/messages.txt (everyday turns, one a line). `--folds` trains five times: minutes.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from chatapp.moderation.judging.classifiers.detector import compile_classifiers
from chatapp.moderation.judging.classifiers.linear import OFFENSIVE, Thresholds, bundled_classifier, bundled_thresholds
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule
from chatapp.moderation.judging.classifiers.training.datasets import read_harmless, read_labelled
from chatapp.moderation.judging.classifiers.training.evaluation import evaluation_at, share_flagged

TARGET_COLD_F1 = 0.77
TARGET_HARMLESS_FLAGGED = 0.001
TARGET_SENTENCE_US = 150.0
# About what a sentence of an answer has (p50 63 characters in answers of a large model).
_SENTENCE_CHARS = range(55, 66)
_NUM_SENTENCES = 300
_NUM_REPEATS = 5


class Measured(NamedTuple):
    """One figure. target: what it should reach, in words; "" for one that is only reported."""

    name: str
    value: float
    unit: str
    target: str = ""


def measure(data: Path, *, folds: bool = False) -> list[Measured]:
    """
    folds: also train five times, which takes minutes.

    :raises DatasetUnusable, OSError: if the folder lacks a set.
    """
    measured = [*_on_cold_dev(data), *_on_seen_harmless(data), *_cost(data)]
    return [*measured, _on_unseen_harmless(data)] if folds else measured


def _on_cold_dev(data: Path) -> list[Measured]:
    rows, classifier = read_labelled(data / "cold" / "dev.csv"), bundled_classifier()
    scores, labels = [classifier.score(row.text) for row in rows], [row.label for row in rows]
    measured = []
    for name, threshold in zip(Thresholds.__slots__, _both_thresholds(), strict=True):
        figures = evaluation_at(threshold, scores=scores, labels=labels)
        target = f">= {TARGET_COLD_F1}" if name == "controversial" else ""
        of = f"COLD dev, {name} from {threshold}"
        measured += [
            Measured(f"{of}: F1", figures.f1, "", target),
            Measured(f"{of}: macro F1", figures.macro_f1, ""),
            Measured(f"{of}: accuracy", figures.accuracy, ""),
            Measured(f"{of}: false positive rate", figures.false_positive_rate, ""),
        ]
    return measured


def _on_seen_harmless(data: Path) -> list[Measured]:
    """The committed weights have seen these turns: a check of the files, not of the method."""
    classifier = bundled_classifier()
    scores = [classifier.score(row.text) for row in read_harmless(data / "kdconv-benign" / "messages.txt")]
    flagged = share_flagged(bundled_thresholds().controversial, scores=scores)
    return [Measured("harmless turns flagged, seen in training", flagged, "share")]


def _on_unseen_harmless(data: Path) -> Measured:
    from chatapp.moderation.judging.classifiers.training.fitting import held_out_scores

    rows = read_harmless(data / "kdconv-benign" / "messages.txt")
    scores = held_out_scores(rows, always=read_labelled(data / "cold" / "train.csv"))
    flagged = share_flagged(bundled_thresholds().controversial, scores=scores)
    return Measured("harmless turns flagged, 5 folds", flagged, "share", f"<= {TARGET_HARMLESS_FLAGGED}")


def _cost(data: Path) -> list[Measured]:
    """Per sentence, in one thread of this process: one score alone, and all that a stream does at a point."""
    rows = read_labelled(data / "cold" / "dev.csv")
    sentences = [f"{row.text.strip()}。" for row in rows if len(row.text.strip()) in _SENTENCE_CHARS][:_NUM_SENTENCES]
    classifier, thresholds = bundled_classifier(), bundled_thresholds()
    rule = ClassifierRule(0, True, classifier, OFFENSIVE, thresholds.controversial, thresholds.unsafe)  # noqa: FBT003
    text, source = "".join(sentences), compile_classifiers([rule])
    num_points = _num_points(text)

    def score_each() -> None:
        for sentence in sentences:
            classifier.score(sentence)

    def stream() -> None:
        detector = source.start()
        for char in text:
            detector.read(char)
        detector.end()

    target = f"<= {TARGET_SENTENCE_US:.0f}"
    return [
        Measured("one score of a sentence of 60 characters", _least_us(score_each) / len(sentences), "us", target),
        Measured("a stream's work per sentence, window included", _least_us(stream) / num_points, "us", target),
        Measured("characters per sentence in that stream", len(text) / num_points, "characters"),
    ]


def _num_points(text: str) -> int:
    from chatapp.moderation.judging.classifiers.sentences import sentence_spans

    return sum(1 for _ in sentence_spans(text))


def _least_us(work: Callable[[], None]) -> float:
    """Processor time, the least of five runs: what other processes do on the machine is not the classifier's cost."""
    took_us = []
    for _ in range(_NUM_REPEATS):
        began = time.process_time()
        work()
        took_us.append((time.process_time() - began) * 1e6)
    return min(took_us)


def _both_thresholds() -> tuple[float, float]:
    thresholds = bundled_thresholds()
    return thresholds.controversial, thresholds.unsafe


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--folds", action="store_true")
    arguments = parser.parse_args()
    for name, value, unit, target in measure(arguments.data, folds=arguments.folds):
        print(f"{name}: {value:.5g} {unit}".rstrip() + (f"  (target {target})" if target else ""))


if __name__ == "__main__":
    main()
