"""
The check of what a person writes, before anything of it is stored.

Judges, puts a refusal on record and raises it. A refusal opens one transaction, its decision's, and no other.
"""

import time
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import get_language

from chatapp.generations.errors import InputBlocked
from chatapp.generations.notices import notice_of
from chatapp.moderation.selectors import ruleset_get
from chatapp.moderation.services import text_judge
from chatapp.moderation.verdict import Stage, Verdict
from chatapp.review.cases import decisive
from chatapp.review.models import Decision
from chatapp.review.services import decisions_record


@dataclass(frozen=True, slots=True)
class Judged:
    """What a person sent, and what the rules say of it."""

    text: str
    stage: Stage
    verdict: Verdict
    latency_us: int


def person_text_judge(*, owner_id: UUID, conversation_id: UUID, text: str, stage: Stage) -> Judged:
    """
    Judge a text for a conversation that is the person's own: a refusal goes on that conversation's record.

    :raises InputBlocked: after its decision is written.
    """
    began_ns = time.perf_counter_ns()
    verdict = text_judge(text=text, stage=stage)
    judged = Judged(text, stage, verdict, (time.perf_counter_ns() - began_ns) // 1000)
    if verdict.blocked:
        decisions = judged_record(
            judged, owner_id=owner_id, conversation_id=conversation_id, message_id=None, generation_id=None
        )
        ruleset = ruleset_get(version=verdict.ruleset_version)
        notice = notice_of(ruleset, verdict.decisive, language=get_language() or "en")
        raise InputBlocked(
            notice["text"],
            category=notice["category"],
            notice=notice["text"],
            decision_id=str(decisive(decisions).id),  # by it the person may ask for review
        )
    return judged


def judged_record(
    judged: Judged, *, owner_id: UUID, conversation_id: UUID, message_id: UUID | None, generation_id: UUID | None
) -> list[Decision]:
    """Write the decisions on a text in the transaction that stores it: never one without the other."""
    return decisions_record(
        conversation_id=conversation_id,
        owner_id=owner_id,
        message_id=message_id,
        generation_id=generation_id,
        verdict=judged.verdict,
        stage=judged.stage,
        withheld_text=judged.text if judged.verdict.released_text != judged.text else "",
        latency_us=judged.latency_us,
    )
