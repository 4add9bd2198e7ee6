"""Decisions for tests: a verdict with a masked word and a shadow hit, put on record."""

from typing import Any
from uuid import UUID

from chatapp.core.ids import uuid7
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Action, RuleState, Stage, Verdict
from chatapp.review.models import Decision
from chatapp.review.services import decisions_record
from tests.moderation.judging.making import make_rule, make_ruleset

RULES = make_ruleset(
    make_rule("masks", words=["secret"], action=Action.REDACT, severity=3),
    make_rule("watches", words=["word"], action=Action.FLAG, state=RuleState.SHADOW, severity=1),
)
VERDICT = judge(RULES, "a secret word", Stage.OUTPUT)


def record(
    conversation_id: UUID | None = None, *, verdict: Verdict = VERDICT, withheld_text: str = "secret", **ids: Any
) -> list[Decision]:
    about = {"owner_id": uuid7(), "message_id": uuid7(), "generation_id": uuid7(), **ids}
    return decisions_record(
        conversation_id=conversation_id or uuid7(),
        verdict=verdict,
        stage="output",
        withheld_text=withheld_text,
        latency_us=7,
        **about,
    )
