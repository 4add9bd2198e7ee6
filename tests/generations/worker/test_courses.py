"""What becomes of an attempt that begins, by what is known of it."""

from dataclasses import replace

import pytest

from chatapp.feed.log import TakeOver
from chatapp.generations.notices import Told
from chatapp.generations.worker.courses import (
    Answered,
    Ask,
    Cancelled,
    Course,
    Refused,
    Uncontinuable,
    Written,
    course_of,
)
from chatapp.generations.worker.questions import QuestionRefused
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Action, Stage
from tests.moderation.judging.making import make_rule, make_ruleset

FRESH = TakeOver(text="", seq=0, num_tokens=0, is_cancelled=False, was_known=False)
BEGUN = replace(FRESH, text="half", seq=3, num_tokens=4, was_known=True)
RULESET = make_ruleset(make_rule(words=["help"], action=Action.SAFE_COMPLETION))
(MATCH,) = judge(RULESET, "help", Stage.INPUT).matches
REFUSED = QuestionRefused(Told(MATCH, {"category": "other"}), "Call somebody.")


def course(start: TakeOver, **known) -> Course:
    defaults = {
        "refused": None,
        "is_answered_by_operator": False,
        "num_new_tokens": 10,
        "parameters": frozenset({"prefix"}),
    }
    return course_of(start, **{**defaults, **known})


class TestAnAttempt:
    def test_asks_for_what_the_earlier_ones_left(self):
        assert course(FRESH) == Ask(10)
        assert course(BEGUN) == Ask(6)

    @pytest.mark.parametrize("known", [{}, {"refused": REFUSED}, {"is_answered_by_operator": True}])
    def test_that_was_stopped_before_asks_nothing(self, known):
        assert course(replace(BEGUN, is_cancelled=True), **known) == Cancelled()

    def test_at_a_refused_question_gives_the_operators_answer(self):
        assert course(FRESH, refused=REFUSED) == Refused(REFUSED.told, "Call somebody.")

    def test_at_a_refused_question_gives_no_answer_twice(self):
        assert course(BEGUN, refused=REFUSED) == Refused(REFUSED.told, "")

    def test_after_the_operators_answer_only_ends(self):
        assert course(BEGUN, is_answered_by_operator=True, parameters=frozenset()) == Answered()

    def test_cannot_go_on_where_the_engine_takes_no_prefix(self):
        assert course(BEGUN, parameters=frozenset()) == Uncontinuable()
        assert course(FRESH, parameters=frozenset()) == Ask(10)

    @pytest.mark.parametrize("num_new_tokens", [3, 4])
    def test_at_its_limit_only_ends(self, num_new_tokens):
        assert course(BEGUN, num_new_tokens=num_new_tokens) == Written()
