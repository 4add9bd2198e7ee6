"""
Answers that rules ask a model about, in the model worker, while they stream.

The engine and the model that judges are scripted; gate, threads, event log and rows are the product's.
"""

import pytest

from chatapp.feed import log
from chatapp.generations.models import Generation
from chatapp.moderation.judging.classifiers.types import Context
from chatapp.review.models import Decision
from tests.generations.worker.scripted_guard import HARMFUL, answer_of, publish_guard_rule, shown
from tests.support.factories import make_conversation, make_turn, make_user
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.usefixtures("guard"),
]


class TestAnAnswerThatAModelJudges:
    @pytest.fixture
    def turn(self) -> Generation:
        return make_turn(make_conversation(make_user()))

    def test_waits_for_its_verdict_while_others_go_on(self, running, turn, guard):
        publish_guard_rule(stages=("output",))
        other = make_turn(make_conversation(make_user()))
        running.begin(turn)
        running.begin(other)
        running.say(turn, "a slow one. And", waits=False)
        wait_until(lambda: guard.asked)

        running.say(other, "Fast. ")
        before = shown(turn)
        guard.may_answer.set()
        running.end(turn)

        assert (before, shown(turn), shown(other)) == ("", "a slow one. And", "Fast. ")

    def test_keeps_its_lease_while_it_waits(self, running, turn, guard, event_log):
        publish_guard_rule(stages=("output",))
        running.begin(turn)
        running.say(turn, "a slow one. ", waits=False)
        wait_until(lambda: guard.asked)
        session = running.runner._sessions.get(running.request_id(turn))
        renewed_at_s = session.appended_at_s

        wait_until(lambda: session.appended_at_s > renewed_at_s)

        assert shown(turn) == ""

    def test_ends_before_the_sentence_that_the_model_finds_harmful(self, running, turn):
        publish_guard_rule(stages=("output",))
        running.begin(turn)
        running.say(turn, "Well. Take poison. And")

        running.wait(turn)

        answer = answer_of(turn)
        assert (answer.text, answer.state) == ("Well. ", "withheld")
        assert [row.score for row in Decision.objects.all()] == [HARMFUL]

    def test_is_shown_to_the_model_with_the_question_it_answers(self, running, turn, guard):
        publish_guard_rule(stages=("output",))
        running.begin(turn)
        running.say(turn, "Well. ")

        assert guard.asked[0] == ("Well. ", Context(asked="Why?", before=""))

    def test_goes_on_without_its_verdict_where_the_rule_takes_nothing_away(self, running, turn, guard):
        publish_guard_rule("flag", stages=("output",))
        running.begin(turn)

        running.say(turn, "a slow poison. And so on. ")
        during = shown(turn)
        guard.may_answer.set()
        running.end(turn)

        assert during == "a slow poison. And so on. "
        assert [(row.action, row.score) for row in Decision.objects.all()] == [("flag", HARMFUL)]

    def test_is_cut_one_sentence_behind_where_the_rule_trails(self, running, turn):
        publish_guard_rule(stages=("output",), timing="trail")
        running.begin(turn)
        running.say(turn, "Take poison. And then. More. And more. ", waits=False)

        running.wait(turn)

        answer = answer_of(turn)
        assert answer.state == "withheld"
        assert answer.text == "Take poison. And then. "

    def test_can_be_stopped_while_it_waits(self, running, turn, guard):
        publish_guard_rule(stages=("output",))
        running.begin(turn)
        running.say(turn, "a slow one. ", waits=False)
        wait_until(lambda: guard.asked)

        log.cancel(generation_id=turn.id)
        wait_until(lambda: running.engine.cancelled)
        guard.may_answer.set()
        running.wait(turn)

        turn.refresh_from_db()
        assert (turn.status, shown(turn)) == ("cancelled", "a slow one. ")

    def test_is_given_up_where_judging_it_fails(self, running, turn, guard, monkeypatch):
        publish_guard_rule(stages=("output",))
        monkeypatch.setattr(guard, "labels", lambda text, context: 1 / 0)
        running.begin(turn)

        running.say(turn, "Well. ", waits=False)
        running.wait(turn)

        assert shown(turn) == ""
        assert not running.runner._sessions.all()
