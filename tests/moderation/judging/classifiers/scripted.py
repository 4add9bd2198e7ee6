"""A classifier whose scores the test says, and rules on it."""

from collections.abc import Mapping, Sequence

from chatapp.moderation.judging.classifiers.detector import ClassifierDetector
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule
from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierTimedOut,
    Context,
    Labels,
    Strictness,
    Timing,
)
from chatapp.moderation.judging.detecting import Found, RulesUnanswered


class ScriptedClassifier:
    """Scores a text by the highest number that `scores` gives a phrase in it; a phrase with None makes it time out."""

    def __init__(self, scores: Mapping[str, float | None], *, max_window_chars: int = 60) -> None:
        self._scores = scores
        self._max_window_chars = max_window_chars
        self.asked: list[tuple[str, Context]] = []

    @property
    def max_window_chars(self) -> int:
        return self._max_window_chars

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        self.asked.append((text, context))
        hits = [score for phrase, score in self._scores.items() if phrase in text]
        if None in hits:
            raise ClassifierTimedOut("scripted")
        return Labels({"harm": max((score for score in hits if score is not None), default=0.0)})


def make_classifier_rule(
    classifier: ScriptedClassifier,
    *,
    rule_number: int = 0,
    holds: bool = True,
    strictness: Strictness = Strictness.STRICT,
    timing: Timing = Timing.GATE,
) -> ClassifierRule:
    """Controversial from 0.5, unsafe from 0.9."""
    return ClassifierRule(rule_number, holds, classifier, "harm", 0.5, 0.9, strictness, timing)


def read_all(detector: ClassifierDetector, text: str) -> list[Found]:
    """What the detector finds in the text up to its end; a failure counts as what the other rules found."""
    found: list[Found] = []
    steps = [lambda char=char: detector.read(char) for char in text]
    for step in [*steps, detector.end]:
        try:
            found += step()
        except RulesUnanswered as failure:
            found += failure.found
    return found


def spans(found: Sequence[Found]) -> list[tuple[int, int]]:
    return [(one.start, one.end) for one in found]
