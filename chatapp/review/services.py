"""Writes decisions and evidence. Every write is append-only."""

from contextlib import suppress
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from chatapp.core import clock
from chatapp.moderation.judging.verdict import Action, Match, Stage, Verdict
from chatapp.review.cases.services import case_follow, case_open
from chatapp.review.evidence import chain, cipher
from chatapp.review.evidence.keys import Purpose, keys_for
from chatapp.review.models import Decision, Evidence, ReviewOrigin

# Writers of one conversation at the same instant; each collision moves one of them on by a place.
_MAX_PLACE_COLLISIONS = 20


def decisions_record(
    *,
    conversation_id: UUID,
    owner_id: UUID,
    message_id: UUID | None,
    generation_id: UUID | None,
    verdict: Verdict,
    stage: Stage | str,
    withheld_text: str,
    latency_us: int,
) -> list[Decision]:
    """
    Put each match of the verdict on record, at the end of the conversation's chain, with the evidence for all of them.

    In a transaction of its own, or in a savepoint of one that is open. A verdict without matches writes nothing. Where
    an enforced rule asks for review, a case waits for a reviewer from then on.
    """
    if not verdict.matches:
        return []
    shared = {
        "conversation_id": conversation_id,
        "owner_id": owner_id,
        "message_id": message_id,
        "generation_id": generation_id,
        "ruleset_version": verdict.ruleset_version,
        "stage": Stage(stage),
        "latency_us": latency_us,
    }
    for _attempt in range(_MAX_PLACE_COLLISIONS):
        with suppress(IntegrityError):
            return _append(verdict.matches, withheld_text, shared)
    return _append(verdict.matches, withheld_text, shared)


@transaction.atomic
def _append(matches: tuple[Match, ...], withheld_text: str, shared: dict[str, Any]) -> list[Decision]:
    newest = Decision.objects.filter(conversation_id=shared["conversation_id"]).order_by("-place").first()
    kept = Evidence.objects.create(ciphertext=cipher.encrypt(withheld_text)) if withheld_text else None
    shared = {
        **shared,
        "evidence_id": kept.id if kept else None,
        "text_digest": chain.text_digest(withheld_text, key=keys_for(Purpose.TEXT_DIGEST)[0]),
        "created_at": clock.now(),
    }
    rows: list[Decision] = []
    for match in matches:
        newest = _row(match, newest, shared)
        rows.append(newest)
    Decision.objects.bulk_create(rows)
    if any(row.is_enforced and row.action == Action.REVIEW for row in rows):
        case_open(decisions=rows, opened_by=ReviewOrigin.RULE, now=shared["created_at"])
    else:
        case_follow(rows)
    return rows


def _row(match: Match, before: Decision | None, shared: dict[str, Any]) -> Decision:
    row = Decision(
        place=before.place + 1 if before else 1,
        previous_digest=before.digest if before else "",
        rule_slug=match.rule_id,
        rule_revision=match.revision,
        category=match.category,
        severity=match.severity,
        action=match.action.value,
        is_enforced=match.enforced,
        span_start=match.start,
        span_end=match.end,
        channel=match.channel.value,
        score=match.score,
        principle=match.principle,
        error=match.error,
        **shared,
    )
    row.digest = chain.row_digest(row, key=keys_for(Purpose.CHAIN)[0])
    return row
