"""
Rules that ask a model, in the model worker: questions before they are answered, answers while they stream.

The engine and the model that judges are scripted; gate, threads, event log and rows are the product's.
"""

import threading
from collections.abc import Iterator
from typing import cast
from uuid import UUID

import pytest

from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.feed import log
from chatapp.generations.errors import NothingToRegenerate
from chatapp.generations.holding import generation_claim, generation_requeue
from chatapp.generations.models import Generation
from chatapp.generations.turns.services import turn_regenerate
from chatapp.generations.worker.questions import question_check
from chatapp.generations.worker.runner import Runner
from chatapp.moderation.judging.classifiers import registry as known
from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, ClassifierTimedOut, Context, Labels
from chatapp.moderation.publishing.selectors import ruleset_current
from chatapp.review.cases.appeals import message_appeal
from chatapp.review.cases.services import case_claim, case_overturn
from chatapp.review.models import Decision
from inference.testing import ScriptedEngine
from tests.moderation.judging.classifiers.scripted import model_forget
from tests.support.factories import make_conversation, make_turn, make_user, publish_rule, start_turn
from tests.support.fold import facts_of
from tests.support.running import Running
from tests.support.waiting import wait_until

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

GUARD = "scripted-guard"
HARMFUL, DOUBTFUL = 0.99, 0.7


class ScriptedGuard:
    """Finds harm where "poison" stands; waits where "slow" does until the test lets it, and never answers "mute"."""

    max_window_chars = 400

    def __init__(self) -> None:
        self.asked: list[tuple[str, Context]] = []
        self.may_answer = threading.Event()
        self.harmful_otherwise: tuple[str, ...] = ()

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        self.asked.append((text, context))
        if "mute" in text:
            raise ClassifierTimedOut("scripted")
        if "slow" in text:
            assert self.may_answer.wait(timeout=20.0)
        return Labels(
            {
                "harm": HARMFUL if "poison" in text else 0.0,
                "other": HARMFUL if any(word in text for word in self.harmful_otherwise) else 0.0,
            }
        )


@pytest.fixture
def guard() -> Iterator[ScriptedGuard]:
    guard = ScriptedGuard()
    known.models_register([GUARD])
    known.model_serve(GUARD, guard)
    yield guard
    guard.may_answer.set()
    model_forget(GUARD)


@pytest.fixture
def running(guard) -> Iterator[Running]:
    engine = ScriptedEngine()
    running = Running(Runner(engine=engine), engine)
    yield running
    running.close()


def publish_guard_rule(action="block", *, stages=("input",), severity=2, **options):
    thresholds = {"threshold_controversial": 0.5, "threshold_unsafe": 0.9}
    return publish_rule(
        action=action,
        stages=stages,
        kind="classifier",
        severity=severity,
        notice_en="Not here.",
        safe_completion_en="Call 988.",
        options={"classifier": GUARD, "label": "harm", **thresholds, **options},
    )


def asked_turn(text: str, *, conversation: Conversation | None = None) -> Generation:
    conversation = conversation or make_conversation(make_user())
    turn = start_turn(conversation, text)
    return Generation.objects.get(id=turn.generation_id)


def answer_of(generation: Generation) -> Message:
    return Message.objects.select_related("parent").get(id=cast("UUID", generation.message_id))


def question_of(generation: Generation) -> Message:
    return cast("Message", answer_of(generation).parent)


def overturn(turn: Generation) -> None:
    """A reviewer finds that the rules were wrong about the question."""
    case = message_appeal(owner_id=turn.owner_id, message_id=question_of(turn).id, words="", now=clock.now())
    reviewer = make_user(is_superuser=True)
    case_claim(case_id=case.id, reviewer=reviewer, now=clock.now())
    case_overturn(case_id=case.id, reviewer=reviewer, reason="a chemist", now=clock.now())


def shown(generation: Generation) -> str:
    live = log.live_texts([generation.id])[0]
    return live.text if live else ""


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
