"""
A classifier by principles: how likely a judging model finds one of them broken. Knows no model and writes no prompt.
"""

import math
from collections.abc import Sequence

from chatapp.moderation.judging.classifiers.types import (
    NO_CONTEXT,
    ClassifierAnswerInvalid,
    Context,
    Labels,
    PrinciplesJudge,
)

BROKEN = "broken"
# A judge understands more than a sentence, and each window is a question of its own: about five sentences.
MAX_WINDOW_CHARS = 600


def most_broken(labels: Labels) -> int | None:
    """The number of the principle with the greatest score; None where no principle has one."""
    scores = {int(label): score for label, score in labels.scores.items() if label.isdecimal()}
    return max(scores, key=lambda number: (scores[number], -number), default=None)


class PrinciplesClassifier:
    """Implements `Classifier`. Labels: `broken`, and each principle by its number, "1" first."""

    max_window_chars = MAX_WINDOW_CHARS

    def __init__(self, judge: PrinciplesJudge, principles: Sequence[str]) -> None:
        self._judge = judge
        self._principles = tuple(principles)

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        """:raises ClassifierError: as `PrinciplesJudge.scores`, or if what it gave are no scores."""
        scores = self._judge.scores(text, principles=self._principles, context=context)
        if not all(math.isfinite(score) and 0.0 <= score <= 1.0 for score in scores.values()):
            raise ClassifierAnswerInvalid("the judging model gave a score that is no number in [0, 1]")
        return Labels(scores)
