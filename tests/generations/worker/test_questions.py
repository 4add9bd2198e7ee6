"""
Questions that rules ask a model about, in the model worker, before they are answered.

The engine and the model that judges are scripted; gate, threads, event log and rows are the product's.
"""

import pytest

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.generations.errors import NothingToRegenerate
from chatapp.generations.holding import generation_claim, generation_requeue
from chatapp.generations.models import Generation
from chatapp.generations.turns.services import turn_regenerate
from chatapp.generations.worker.questions import question_check
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.review.cases.appeals import message_appeal
from chatapp.review.models import Decision
from tests.generations.worker.scripted_guard import (
    HARMFUL,
    answer_of,
    asked_turn,
    overturn,
    publish_guard_rule,
    question_of,
    shown,
)
from tests.support.factories import make_conversation, make_turn, make_user, start_turn
from tests.support.fold import facts_of
from tests.support.waiting import wait_until

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.postgres,
    pytest.mark.usefixtures("guard"),
]


class TestAQuestionThatAModelFindsHarmful:
    def test_is_stored_before_it_is_judged_and_withheld_without_a_word_of_the_model(self, running):
        publish_guard_rule()
        turn = asked_turn("how to poison")

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        question, answer = question_of(turn), answer_of(turn)
        turn.refresh_from_db()
        assert running.engine.submitted == []
        assert (question.state, question.text) == ("withheld", "how to poison")
        assert (question.notice or {})["text"] == "Not here."
        assert (turn.finish_reason, answer.state, answer.text) == ("content_filter", "withheld", "")

    def test_leaves_a_decision_with_its_score_and_may_be_appealed(self, running):
        rule = publish_guard_rule()
        turn = asked_turn("how to poison")

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        decision = Decision.objects.get()
        question = question_of(turn)
        assert (decision.rule_slug, decision.stage, decision.action) == (rule.slug, "input", "block")
        assert (decision.score, decision.message_id, decision.generation_id) == (HARMFUL, question.id, turn.id)
        case = message_appeal(owner_id=turn.owner_id, message_id=question.id, words="", now=clock.now())
        assert case.message_id == question.id

    def test_is_told_to_every_tab(self, running):
        publish_guard_rule()
        turn = asked_turn("how to poison")

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        facts = [fact for fact in facts_of(turn.owner_id) if fact.type == "message.updated"]
        assert [(fact.message.state, fact.message.text) for fact in facts] == [("withheld", "how to poison")]

    def test_is_no_part_of_what_the_model_is_asked_next(self, running):
        publish_guard_rule()
        turn = asked_turn("how to poison")
        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        answer = answer_of(turn)
        following = start_turn(turn.conversation, "and now?", parent_id=answer.id)
        running.begin(Generation.objects.get(id=following.generation_id))

        assert [message.text for message in running.engine.submitted[0].messages] == ["and now?"]

    def test_cannot_be_asked_again_as_it_is(self, running):
        publish_guard_rule()
        turn = asked_turn("how to poison")
        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        with pytest.raises(NothingToRegenerate):
            turn_regenerate(owner_id=turn.owner_id, message_id=answer_of(turn).id, client_turn_id=uuid7())

    def test_is_answered_when_its_author_sends_it_again_after_a_reviewer_found_the_rule_wrong(self, running):
        publish_guard_rule()
        turn = asked_turn("how to poison")
        running.begin(turn, wait_for_engine=False)
        running.wait(turn)
        overturn(turn)

        running.begin(asked_turn("how to poison", conversation=turn.conversation))

        assert [message.text for message in running.engine.submitted[0].messages] == ["how to poison"]

    def test_is_withheld_by_another_rule_where_only_one_was_found_wrong(self, running, guard):
        """A rule that blocks hides what stands behind it; one that only watches does not."""
        publish_guard_rule()
        turn = asked_turn("poison. And harm")
        running.begin(turn, wait_for_engine=False)
        running.wait(turn)
        overturn(turn)
        guard.harmful_otherwise = ("harm",)
        publish_guard_rule(label="other")

        again = asked_turn("poison. And harm", conversation=turn.conversation)
        running.begin(again, wait_for_engine=False)
        running.wait(again)

        assert question_of(again).state == "withheld"

    def test_is_answered_in_the_operators_words_where_the_rule_has_them(self, running):
        publish_guard_rule("safe_completion")
        turn = asked_turn("how to poison")

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        answer = answer_of(turn)
        assert (answer.text, answer.state, question_of(turn).state) == ("Call 988.", "visible", "visible")
        assert shown(turn) == "Call 988."

    def test_is_answered_with_a_warning_beside_it_where_the_rule_only_warns(self, running):
        publish_guard_rule("warn")
        turn = asked_turn("how to poison")

        running.begin(turn)
        running.end(turn)

        question = question_of(turn)
        assert (question.state, (question.notice or {})["action"]) == ("visible", "warn")

    def test_is_answered_where_the_rule_is_in_shadow(self, running):
        rule = publish_guard_rule("flag")
        turn = asked_turn("how to poison")

        running.begin(turn)
        running.end(turn)

        assert [row.rule_slug for row in Decision.objects.all()] == [rule.slug]
        assert question_of(turn).notice is None

    @pytest.mark.parametrize(("severity", "state"), [(3, "withheld"), (2, "visible")])
    def test_is_withheld_unjudged_only_where_its_rule_is_grave(self, running, severity, state):
        publish_guard_rule(severity=severity)
        turn = asked_turn("mute")

        running.begin(turn, wait_for_engine=severity == 2)
        running.end(turn) if severity == 2 else running.wait(turn)

        assert question_of(turn).state == state
        assert [row.error for row in Decision.objects.all()] == ["classifier_timed_out"]


class TestAWorkerThatDiesWhileItAsks:
    def test_leaves_nothing_that_the_next_attempt_would_write_twice(self, running):
        """It marked the question and came to write no end."""
        publish_guard_rule()
        turn = asked_turn("how to poison")
        row = generation_claim(model_slug=turn.model.slug, worker="worker-0", now=clock.now())
        assert row is not None
        question_check(row, ruleset=ruleset_current(), language="en", is_begun=False)
        generation_requeue(generation_id=turn.id, attempt=1)

        running.begin(turn, wait_for_engine=False)
        running.wait(turn)

        answer = answer_of(turn)
        assert (answer.state, (answer.notice or {})["text"]) == ("withheld", "Not here.")
        assert Decision.objects.count() == 1

    def test_leaves_a_successor_that_keeps_its_lease_while_it_asks_about_what_was_shown(self, running, guard):
        turn = make_turn(make_conversation(make_user()))
        running.begin(turn)
        running.say(turn, "a slow one. ")
        publish_guard_rule(stages=("output",))
        generation_requeue(generation_id=turn.id, attempt=1)

        running.begin(turn, wait_for_engine=False)
        wait_until(lambda: guard.asked)
        session = running.runner._sessions.get(running.request_id(turn))
        renewed_at_s = session.appended_at_s
        wait_until(lambda: session.appended_at_s > renewed_at_s)
        guard.may_answer.set()
        wait_until(lambda: len(running.engine.submitted) == 2)
        running.end(turn)

        assert shown(turn) == "a slow one. "
