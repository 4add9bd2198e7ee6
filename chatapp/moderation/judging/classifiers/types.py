"""
The words of every classifier: labels, scores, verdicts, strictness, and how one fails. Scores nothing itself.

A classifier that cannot answer raises; it never calls a text safe. Who asked decides, by the rule's severity, what
follows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple, Protocol


class ClassifierVerdict(StrEnum):
    """What one score comes to under a rule's two thresholds."""

    SAFE = "safe"
    CONTROVERSIAL = "controversial"
    UNSAFE = "unsafe"


class Strictness(StrEnum):
    """Whether what is controversial counts against a text. No one choice is best everywhere, so a rule makes it."""

    STRICT = "strict"
    LOOSE = "loose"


class Timing(StrEnum):
    """When a rule's verdict on a sentence is due: before the sentence leaves, or behind it."""

    GATE = "gate"
    TRAIL = "trail"


class Context(NamedTuple):
    """What a text is part of. asked: what the person asked, where the text answers it. before: the answer up to it."""

    asked: str = ""
    before: str = ""


NO_CONTEXT = Context()


@dataclass(frozen=True, slots=True)
class Labels:
    """The scores of one text by label, each in [0, 1]. What a label means is the classifier's."""

    scores: Mapping[str, float]

    def score(self, label: str) -> float:
        """:raises LabelUnknown: if the classifier did not score it."""
        try:
            return self.scores[label]
        except KeyError:
            raise LabelUnknown(f"the classifier knows no label {label!r}; it scores {sorted(self.scores)}") from None


class Classifier(Protocol):
    """
    Scores a text. Immutable, or safe for many threads.

    max_window_chars: how much of an answer it can judge at once; a sentence never has more than 200.
    """

    @property
    def max_window_chars(self) -> int: ...

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        """:raises ClassifierError: if there is no answer, or none that can be trusted."""


class Embedder(Protocol):
    """Gives texts directions in which alike ones are close. Safe for many threads."""

    def embed(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        """
        One vector of length 1 a text, in order, all of one dimension.

        :raises ClassifierError: if there is no answer, or none that can be trusted.
        """


class PrinciplesJudge(Protocol):
    """Judges a text by numbered principles. Safe for many threads."""

    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:
        """
        By label, each in [0, 1]: "broken", and "1" to the number of principles.

        :raises ClassifierError: if there is no answer, or none that can be trusted.
        """


def verdict_of(score: float, *, threshold_controversial: float, threshold_unsafe: float) -> ClassifierVerdict:
    """A score at a threshold has reached it."""
    if score >= threshold_unsafe:
        return ClassifierVerdict.UNSAFE
    if score >= threshold_controversial:
        return ClassifierVerdict.CONTROVERSIAL
    return ClassifierVerdict.SAFE


def counts_against(verdict: ClassifierVerdict, *, strictness: Strictness) -> bool:
    match verdict:
        case ClassifierVerdict.UNSAFE:
            return True
        case ClassifierVerdict.CONTROVERSIAL:
            return strictness is Strictness.STRICT
        case ClassifierVerdict.SAFE:
            return False


class ClassifierError(Exception):
    """Base of how a classifier fails to answer. `code` is stable and goes into decisions, the text is for people."""

    code = "classifier_failed"


class ClassifierTimedOut(ClassifierError):
    code = "classifier_timed_out"


class ClassifierUnreachable(ClassifierError):
    """No connection, or one that broke, or a status that is no answer."""

    code = "classifier_unreachable"


class ClassifierAnswerInvalid(ClassifierError):
    """Something answered, but not with scores in [0, 1]."""

    code = "classifier_answer_invalid"


class LabelUnknown(ClassifierError):
    code = "classifier_label_unknown"


class WeightsUnusable(ClassifierError):
    """The files of a trained classifier are missing, damaged or of another making."""

    code = "classifier_weights_unusable"
