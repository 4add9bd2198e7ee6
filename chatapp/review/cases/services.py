"""
A second look at what rules did: opens a case, lets one reviewer hold it, and resolves it once.

Overturning edits nothing: decisions, message and ruleset stay as they are. The outcome stands beside them, and the text
comes back as a new answer.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core.limits import MAX_REASON_CHARS
from chatapp.moderation.judging.verdict import STRENGTH, Action, Stage
from chatapp.review.cases.restoration import answer_restore
from chatapp.review.errors import CaseTaken, ReasonMissing, ReviewForbidden
from chatapp.review.models import (
    OPEN_STATES,
    Decision,
    ReviewCase,
    ReviewOrigin,
    ReviewOutcome,
    ReviewState,
)
from chatapp.review.telling import appeal_tell

# Long enough to read a conversation, short enough that a closed laptop keeps nobody waiting.
CLAIM_KEPT = timedelta(minutes=15)


def decisive(decisions: Sequence[Decision]) -> Decision:
    """
    The decision that a case is about: the strongest enforced one, the gravest of equals, then the first.

    :raises ValueError: when none was enforced.
    """
    enforced = [row for row in decisions if row.is_enforced]
    if not enforced:
        raise ValueError("what was only watched is nothing to review")
    return max(enforced, key=lambda row: (*_weight(row), -row.place))


def case_open(*, decisions: Sequence[Decision], opened_by: ReviewOrigin, now: datetime) -> ReviewCase:
    """
    The case about these decisions of one text: the one that is there, or a new one.

    Safe inside a transaction, and for two at once.
    """
    about = decisive(decisions)
    if (known := case_find(about)) is not None:
        return _now_about(known, about)
    row = ReviewCase(
        conversation_id=about.conversation_id,
        message_id=about.message_id,
        owner_id=about.owner_id,
        stage=about.stage,
        opened_by=opened_by,
        opened_at=now,
        **_subject(about),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        if (known := case_find(about)) is not None:
            return _now_about(known, about)
        raise
    return row


def case_follow(decisions: Sequence[Decision]) -> None:
    """An open case about the same text goes over to a stronger decision that came later, whoever opened it."""
    enforced = [row for row in decisions if row.is_enforced]
    if enforced and (known := case_find(decisive(enforced))) is not None:
        _now_about(known, decisive(enforced))


def _subject(about: Decision) -> dict[str, Any]:
    names = ("rule_slug", "category", "severity", "action")
    return {"decision_id": about.id, **{name: getattr(about, name) for name in names}}


def _now_about(case: ReviewCase, about: Decision) -> ReviewCase:
    """An open case goes over to a stronger decision on its text: flagged first, then blocked, the block is reviewed."""
    if _weight(about) > _weight(case) and is_open(case):
        ReviewCase.objects.filter(id=case.id, state__in=OPEN_STATES).update(**_subject(about))
        case.refresh_from_db()
    return case


def _weight(row: Decision | ReviewCase) -> tuple[int, int]:
    return STRENGTH[Action(row.action)], row.severity


def case_find(decision: Decision) -> ReviewCase | None:
    """The case about a decision's text. What was never stored is known by its decision alone."""
    about = Q(decision_id=decision.id)
    if decision.message_id is not None:
        about |= Q(message_id=decision.message_id, stage=decision.stage)
    return ReviewCase.objects.filter(about).first()


def case_claim(*, case_id: UUID, reviewer: User, now: datetime) -> ReviewCase:
    """
    Take a case that waits, or whose reviewer has held it longer than CLAIM_KEPT; one's own begins anew.

    :raises ReviewForbidden, CaseTaken: compare-and-set: of two at once, one is told.
    """
    _reviewer_check(reviewer)
    _own_check(case_id, reviewer)
    free = Q(state=ReviewState.WAITING) | Q(
        Q(claimed_by_id=reviewer.id) | Q(claimed_at__lt=now - CLAIM_KEPT), state=ReviewState.CLAIMED
    )
    claimed = ReviewCase.objects.filter(free, id=case_id).update(
        state=ReviewState.CLAIMED, claimed_by_id=reviewer.id, claimed_at=now
    )
    if not claimed:
        raise _taken()
    return ReviewCase.objects.get(id=case_id)


def case_confirm(*, case_id: UUID, reviewer: User, reason: str, now: datetime) -> ReviewOutcome:
    """
    The rules were right.

    :raises ReviewForbidden, CaseTaken, ReasonMissing:
    """
    return _resolve(case_id, reviewer, _reason_check(reason), now, is_overturned=False)


def case_overturn(*, case_id: UUID, reviewer: User, reason: str, now: datetime) -> ReviewOutcome:
    """
    The rules were wrong: the answer stands again, whole, beside the one that was withheld.

    What a person wrote and was not stored cannot stand anywhere: they are told, and keep their own words.
    :raises ReviewForbidden, CaseTaken, ReasonMissing:
    :raises RestorationImpossible: the evidence was erased or does not fit; then nothing was resolved.
    """
    return _resolve(case_id, reviewer, _reason_check(reason), now, is_overturned=True)


@transaction.atomic
def _resolve(case_id: UUID, reviewer: User, reason: str, now: datetime, *, is_overturned: bool) -> ReviewOutcome:
    _reviewer_check(reviewer)
    state = ReviewState.OVERTURNED if is_overturned else ReviewState.CONFIRMED
    held = ReviewCase.objects.filter(id=case_id, state=ReviewState.CLAIMED, claimed_by_id=reviewer.id)
    if not held.update(state=state):
        raise _taken()
    case = ReviewCase.objects.get(id=case_id)
    restored_id = answer_restore(case) if is_overturned and case.stage == Stage.OUTPUT else None
    outcome = ReviewOutcome.objects.create(
        case_id=case.id,
        decision_id=case.decision_id,
        rule_slug=case.rule_slug,
        is_overturned=is_overturned,
        reason=reason,
        restored_message_id=restored_id,
        reviewer_id=reviewer.id,
        reviewer_email=reviewer.email,
        created_at=now,
    )
    appeal_tell(case)
    return outcome


def is_held(case: ReviewCase, *, now: datetime) -> bool:
    """Whether a reviewer has the case to themselves now."""
    return case.state == ReviewState.CLAIMED and case.claimed_at is not None and case.claimed_at >= now - CLAIM_KEPT


def is_open(case: ReviewCase) -> bool:
    return case.state in OPEN_STATES


def _reviewer_check(user: User) -> None:
    if not user.has_perm("review.resolve_reviewcase"):
        raise ReviewForbidden(_("Only reviewers may do this."))


def _own_check(case_id: UUID, reviewer: User) -> None:
    """Nobody looks twice at their own text, unless one person keeps everything here."""
    if settings.MODERATION_SECOND_APPROVAL and ReviewCase.objects.filter(id=case_id, owner_id=reviewer.id).exists():
        raise ReviewForbidden(_("This case is about your own words. Another reviewer looks at it."))


def _reason_check(reason: str) -> str:
    reason = " ".join(reason.split())[:MAX_REASON_CHARS]
    if not reason:
        raise ReasonMissing(_("Say why: others read it beside the decision."))
    return reason


def _taken() -> CaseTaken:
    return CaseTaken(_("This case is not yours: claim it first, or somebody was faster."))
