"""One attempt between engine and event log: what may leave, and when. Pure; no Redis, no database."""

from uuid import uuid4

import pytest

from chatapp.feed.log import Append
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.worker.session import Session, Settled
from chatapp.generations.worker.text_judge import TextJudge
from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Action, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE

RENEW_S = 0.25


def ruleset(action: Action, *words: str) -> CompiledRuleset:
    rule = Rule(
        id="rule",
        revision=1,
        category="other",
        severity=2,
        action=action,
        state=RuleState.ENFORCING,
        stages=frozenset({Stage.OUTPUT, Stage.TITLE}),
        words=words,
        safe_completions={"en": "Call 988.", "zh-hans": "请拨打 12356。"},
    )
    return CompiledRuleset(version=1, rules=(rule,), offer=BUNDLED_ALONE)


@pytest.fixture
def session() -> Session:
    return Session(
        Generation(id=uuid4(), attempt=1),
        TextJudge(OutputGate(ruleset(Action.BLOCK, "forbidden words"))),
        text="",
        seq=0,
    )


def answered(language: str = "en", *, stage: Stage = Stage.OUTPUT) -> Session:
    """With a rule whose answer takes the place of the model's."""
    gate = OutputGate(ruleset(Action.SAFE_COMPLETION, "razor blades"), stage)
    return Session(Generation(id=uuid4(), attempt=1), TextJudge(gate), "", 0, language)


def feed(session: Session, text: str) -> Settled | None:
    return session.take(session.judge.feed(text))


def due(session: Session, *, now_s: float = 0.0) -> Append | None:
    return session.append_due(now_s=now_s, renew_s=RENEW_S)


class TestSession:
    def test_sends_everything_that_came_since_the_last_append_at_once(self, session):
        feed(session, "Hello ")
        feed(session, "there ")

        append = due(session)

        assert append == Append(session.generation_id, 1, 0, "Hello there ")

    def test_sends_an_unanswered_append_again_as_it_was(self, session):
        feed(session, "one ")
        first = due(session)
        feed(session, "two ")

        assert due(session) == first

    def test_goes_on_after_the_answer(self, session):
        feed(session, "one ")
        due(session)
        feed(session, "two ")
        session.append_answered(seq=1, now_s=0.0)

        assert due(session) == Append(session.generation_id, 1, 1, "two ")
        assert (session.text, session.seq) == ("one ", 1)

    def test_renews_its_lease_with_empty_text_when_nothing_came(self, session):
        assert due(session, now_s=0.1) is None
        assert due(session, now_s=0.3) == Append(session.generation_id, 1, 0, "")

    def test_renews_its_lease_while_text_waits_for_its_decision(self, session):
        feed(session, "text ")
        session.num_verdicts = 1

        assert due(session, now_s=0.3) == Append(session.generation_id, 1, 0, "")

    def test_never_lets_out_a_blocked_span_or_what_follows_it(self, session):
        feed(session, "Here are forbid")
        settled = feed(session, "den words and more")
        feed(session, " after the end")
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 0, "Here are ")
        assert session.finish_reason is FinishReason.CONTENT_FILTER
        assert settled is not None
        assert settled.withheld_text.startswith("forbidden words")

    def test_lets_out_what_it_held_when_the_text_ends(self, session):
        feed(session, "Here are forbid")

        session.finish(FinishReason.STOP)

        assert due(session) == Append(session.generation_id, 1, 0, "Here are forbid")
        assert session.finish_reason is FinishReason.STOP

    def test_is_not_ready_to_end_before_everything_is_in_the_log(self, session):
        feed(session, "text")
        session.finish(FinishReason.STOP)
        before = session.is_ready_to_end

        due(session)
        session.append_answered(seq=1, now_s=0.0)

        assert (before, session.is_ready_to_end) == (False, True)


class TestASafeCompletion:
    def test_follows_what_was_released_as_a_paragraph_and_ends_the_answer(self):
        session = answered()
        feed(session, "Take razor")
        settled = feed(session, " blades and")
        feed(session, " then go on")
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 0, "Take \n\nCall 988.")
        assert session.finish_reason is FinishReason.CONTENT_FILTER
        assert settled is not None
        assert settled.withheld_text.startswith("razor blades")

    def test_is_in_the_persons_language(self):
        session = answered("zh-hans")
        feed(session, "razor blades ")
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 0, "请拨打 12356。")

    def test_begins_a_paragraph_after_text_that_is_in_the_log_already(self):
        session = answered()
        feed(session, "Well. ")
        due(session)
        session.append_answered(seq=1, now_s=0.0)
        feed(session, "razor blades ")
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 1, "\n\nCall 988.")

    def test_of_a_match_that_settles_at_the_end_comes_too(self):
        session = answered()
        feed(session, "razor blades")
        session.finish(FinishReason.STOP)
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 0, "Call 988.")
        assert session.finish_reason is FinishReason.CONTENT_FILTER

    def test_is_no_title(self):
        session = answered(stage=Stage.TITLE)
        feed(session, "About razor blades ")
        session.num_recorded = 1

        assert due(session) == Append(session.generation_id, 1, 0, "About ")
