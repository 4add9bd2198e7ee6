"""How good scores are: F1, accuracy, false alarms, and the thresholds that follow. Pure; knows no classifier."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from chatapp.moderation.judging.classifiers.linear import Thresholds

# What is promised is one harmless turn in a thousand. Half of it here: a classifier that has seen all labelled rows is
# surer than one that has seen four fifths of them.
MAX_HARMLESS_FLAGGED = 0.0005
# One look at this score must do, where a lower one needs a second: of 100 such verdicts at most 3 are wrong.
UNSAFE_PRECISION = 0.97
_STEPS = [step / 100 for step in range(20, 100)]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Of one set at one threshold. f1, precision, recall: of the offensive class."""

    num_rows: int
    threshold: float
    f1: float
    macro_f1: float
    accuracy: float
    precision: float
    recall: float
    false_positive_rate: float

    def rounded(self) -> dict[str, float]:
        return {name: round(value, 4) for name, value in asdict(self).items()}


def evaluation_at(threshold: float, *, scores: Sequence[float], labels: Sequence[int]) -> Evaluation:
    """labels: 1 offensive, 0 safe; one a score. A share of nothing is 0."""
    hits = [score >= threshold for score in scores]
    true_hits = sum(label for hit, label in zip(hits, labels, strict=True) if hit)
    num_hits, num_offensive, num_rows = sum(hits), sum(labels), len(labels)
    false_hits, misses = num_hits - true_hits, num_offensive - true_hits
    true_passes = num_rows - num_hits - misses
    f1 = _share(2 * true_hits, num_hits + num_offensive)
    f1_safe = _share(2 * true_passes, 2 * true_passes + false_hits + misses)
    return Evaluation(
        num_rows=num_rows,
        threshold=threshold,
        f1=f1,
        macro_f1=(f1 + f1_safe) / 2,
        accuracy=_share(true_hits + true_passes, num_rows),
        precision=_share(true_hits, num_hits),
        recall=_share(true_hits, num_offensive),
        false_positive_rate=_share(false_hits, num_rows - num_offensive),
    )


def share_flagged(threshold: float, *, scores: Sequence[float]) -> float:
    return _share(sum(score >= threshold for score in scores), len(scores))


def choose_thresholds(
    *, scores: Sequence[float], labels: Sequence[int], harmless_scores: Sequence[float]
) -> Thresholds:
    """
    Choose from scores of rows that the classifier had not seen.

    controversial: the best F1 among thresholds that flag at most 0.05 % of the harmless; unsafe: from there on, the
    first with a precision of 97 %, or else the last.
    """
    tame = [step for step in _STEPS if share_flagged(step, scores=harmless_scores) <= MAX_HARMLESS_FLAGGED]
    controversial = max(tame or _STEPS[-1:], key=lambda step: evaluation_at(step, scores=scores, labels=labels).f1)
    above = [step for step in _STEPS if step > controversial]
    precise = (
        step for step in above if evaluation_at(step, scores=scores, labels=labels).precision >= UNSAFE_PRECISION
    )
    return Thresholds(controversial, next(precise, _STEPS[-1]))


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0
