"""
Makes the files of a linear classifier: arrays and card. Owns what is measured and what the card says.

The rows of a set for evaluation are only scored; they choose nothing.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from chatapp.moderation.judging.classifiers.linear import LinearClassifier, Thresholds, write_arrays, write_card
from chatapp.moderation.judging.classifiers.ngrams import MAX_NGRAM_SYMBOLS
from chatapp.moderation.judging.classifiers.training.datasets import (
    described,
    read_harmless,
    read_labelled,
    read_origins,
)
from chatapp.moderation.judging.classifiers.training.evaluation import choose_thresholds, evaluation_at, share_flagged
from chatapp.moderation.judging.classifiers.training.fitting import (
    DEFAULT_SETTINGS,
    NUM_FOLDS,
    Row,
    TrainingSettings,
    held_out_scores,
    train,
)


def make_classifier(
    *,
    train_paths: Sequence[Path],
    harmless_paths: Sequence[Path],
    evaluate_paths: Sequence[Path],
    origins_path: Path,
    out: Path,
    settings: TrainingSettings = DEFAULT_SETTINGS,
    report: Callable[[str], None],
) -> dict[str, Any]:
    """
    Train on files, choose thresholds on their folds, write arrays and card into `out`; the card.

    :raises DatasetUnusable: see `datasets`. :raises RowsUnusable: see `train`.
    """
    origins = read_origins(origins_path)
    labelled = {path: read_labelled(path) for path in train_paths}
    harmless = {path: read_harmless(path) for path in harmless_paths}
    evaluated = {path: read_labelled(path) for path in evaluate_paths}
    sets = [
        described(path, origins=origins, num_rows=len(rows), use=use)
        for use, files in (("training", labelled), ("training, harmless", harmless), ("evaluation", evaluated))
        for path, rows in files.items()
    ]
    rows = [row for file_rows in labelled.values() for row in file_rows]
    harmless_rows = [row for file_rows in harmless.values() for row in file_rows]
    thresholds, folds = _judge_on_folds(rows, harmless_rows, settings=settings, report=report)
    report(f"training on {len(rows)} labelled and {len(harmless_rows)} harmless rows")
    classifier = train([*rows, *harmless_rows], settings=settings)
    evaluation = {path.name: _judge(classifier, its_rows, thresholds) for path, its_rows in evaluated.items()}
    languages = sorted({origins[path.name].language for path in train_paths})
    card = {
        "task": "offensive language, one label: offensive",
        "languages": languages,
        "method": f"logistic regression on character n-grams of 1 to {MAX_NGRAM_SYMBOLS} symbols",
        "settings": asdict(settings),
        "data": sets,
        "thresholds": asdict(thresholds),
        "figures": {f"{NUM_FOLDS}_folds_of_training": folds, "evaluation": evaluation},
        "num_ngrams": len(classifier.weights),
        "scale": classifier.scale,
        "bias": classifier.bias,
    }
    ngrams, weights = list(classifier.weights), list(classifier.weights.values())
    card["files"] = write_arrays(out, ngrams=ngrams, weights=weights)
    write_card(out, card)
    return card


def _judge_on_folds(
    rows: Sequence[Row],
    harmless_rows: Sequence[Row],
    *,
    settings: TrainingSettings,
    report: Callable[[str], None],
) -> tuple[Thresholds, dict[str, Any]]:
    held_out = held_out_scores([*rows, *harmless_rows], settings=settings, report=report)
    scores, harmless_scores = held_out[: len(rows)], held_out[len(rows) :]
    labels = [row.label for row in rows]
    thresholds = choose_thresholds(scores=scores, labels=labels, harmless_scores=harmless_scores)
    figures: dict[str, Any] = {
        name: {
            **evaluation_at(threshold, scores=scores, labels=labels).rounded(),
            "harmless_flagged": round(share_flagged(threshold, scores=harmless_scores), 5),
        }
        for name, threshold in asdict(thresholds).items()
    }
    return thresholds, figures


def _judge(classifier: LinearClassifier, rows: Sequence[Row], thresholds: Thresholds) -> dict[str, Any]:
    scores, labels = [classifier.score(row.text) for row in rows], [row.label for row in rows]
    return {
        name: evaluation_at(threshold, scores=scores, labels=labels).rounded()
        for name, threshold in asdict(thresholds).items()
    }
