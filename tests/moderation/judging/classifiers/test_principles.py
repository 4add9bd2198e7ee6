"""The judge by principles as a classifier: what it is asked, and what is taken from it."""

import math
from collections.abc import Mapping, Sequence

import pytest

from chatapp.moderation.judging.classifiers.principles import BROKEN, PrinciplesClassifier
from chatapp.moderation.judging.classifiers.types import ClassifierAnswerInvalid, Context, LabelUnknown


class ScriptedJudge:
    """Gives the scores of the test; remembers what it was asked."""

    def __init__(self, scores: Mapping[str, float]) -> None:
        self._scores = scores
        self.asked: list[tuple[str, Sequence[str], Context]] = []

    def scores(self, text: str, *, principles: Sequence[str], context: Context) -> Mapping[str, float]:
        self.asked.append((text, principles, context))
        return self._scores


class TestAJudgeByPrinciples:
    def test_is_asked_by_all_principles_and_told_what_the_text_answers(self):
        judge = ScriptedJudge({BROKEN: 0.7, "1": 0.1, "2": 0.6})
        context = Context(asked="May I?", before="Well.")

        labels = PrinciplesClassifier(judge, ["One.", "Two."]).labels("Yes.", context)

        assert judge.asked == [("Yes.", ("One.", "Two."), context)]
        assert (labels.score(BROKEN), labels.score("2")) == (0.7, 0.6)

    @pytest.mark.parametrize("score", [math.nan, -0.1, 1.1, math.inf])
    def test_is_not_believed_where_a_score_is_none(self, score):
        with pytest.raises(ClassifierAnswerInvalid):
            PrinciplesClassifier(ScriptedJudge({BROKEN: 0.0, "1": score}), ["One."]).labels("x")

    def test_that_says_nothing_of_broken_has_not_said_safe(self):
        with pytest.raises(LabelUnknown):
            PrinciplesClassifier(ScriptedJudge({}), ["One."]).labels("x").score(BROKEN)
