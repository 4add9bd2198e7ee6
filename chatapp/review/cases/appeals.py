"""A person asks for review of what rules did to their own text: once for each text, in a few words or none."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chatapp.conversations.selectors import message_get
from chatapp.core.errors import RateLimited
from chatapp.core.limits import MAX_APPEAL_CHARS, MAX_APPEALS_PER_DAY
from chatapp.core.text import storable
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action
from chatapp.review.cases.services import case_open, is_open
from chatapp.review.errors import AppealTooLong, AppealTwice, NothingToReview
from chatapp.review.models import Appeal, Decision, ReviewCase, ReviewOrigin
from chatapp.review.selectors import decision_get_own, decisions_beside
from chatapp.review.telling import appeal_state, appeal_tell


def message_appeal(*, owner_id: UUID, message_id: UUID, words: str, now: datetime) -> ReviewCase:
    """
    Ask about a message of one's own.

    :raises MessageNotFound: not there, or another person's.
    :raises NothingToReview, AppealTwice, AppealTooLong, RateLimited:
    """
    message = message_get(owner_id=owner_id, message_id=message_id)
    decisions = Decision.objects.filter(message_id=message.id, owner_id=owner_id).order_by("place")
    return _appeal_create(owner_id, list(decisions), words, now)


def decision_appeal(*, owner_id: UUID, decision_id: UUID, words: str, now: datetime) -> ReviewCase:
    """
    Ask about a text of one's own that was refused, by the decision that the refusal named.

    :raises DecisionNotFound: not there, about another person's text, or not one that a person is told of.
    :raises NothingToReview, AppealTwice, AppealTooLong, RateLimited:
    """
    decision = decision_get_own(owner_id=owner_id, decision_id=decision_id)
    return _appeal_create(owner_id, decisions_beside(decision), words, now)


def _appeal_create(owner_id: UUID, decisions: Sequence[Decision], words: str, now: datetime) -> ReviewCase:
    words = _words_check(words)
    taking = [row for row in decisions if row.is_enforced and Action(row.action) in HOLDING_ACTIONS]
    if not taking:
        raise NothingToReview(_("No rule took anything away here."))
    # One stage at a time: an answer's title, or what a person wrote, is another text.
    same_stage = [row for row in taking if row.stage == taking[-1].stage]
    try:
        with transaction.atomic():
            return _store(owner_id, same_stage, words, now)
    except IntegrityError:  # the same person, in another tab, at the same moment
        raise _twice(case_open(decisions=same_stage, opened_by=ReviewOrigin.APPEAL, now=now)) from None


def _store(owner_id: UUID, decisions: Sequence[Decision], words: str, now: datetime) -> ReviewCase:
    # Locked before its state is read: a reviewer who resolves it now is either done, and the person is told so below,
    # or waits, and tells the person afterwards.
    known = case_open(decisions=decisions, opened_by=ReviewOrigin.APPEAL, now=now)
    case = ReviewCase.objects.select_for_update().get(id=known.id)
    if not is_open(case) or Appeal.objects.filter(case=case).exists():
        raise _twice(case)
    _rate_check(owner_id, now)
    Appeal.objects.create(case=case, owner_id=owner_id, words=words, created_at=now)
    appeal_tell(case)
    return case


def _words_check(words: str) -> str:
    words = storable(words).strip()
    if len(words) > MAX_APPEAL_CHARS:
        raise AppealTooLong(
            _("Your words have %(length)d characters; %(limit)d fit.")
            % {"length": len(words), "limit": MAX_APPEAL_CHARS},
            length=len(words),
            limit=MAX_APPEAL_CHARS,
        )
    return words


def _rate_check(owner_id: UUID, now: datetime) -> None:
    if Appeal.objects.filter(owner_id=owner_id, created_at__gt=now - timedelta(days=1)).count() >= MAX_APPEALS_PER_DAY:
        raise RateLimited(
            _("You can ask for review %(limit)d times a day. Ask again tomorrow.") % {"limit": MAX_APPEALS_PER_DAY},
            limit=MAX_APPEALS_PER_DAY,
        )


def _twice(case: ReviewCase) -> AppealTwice:
    return AppealTwice(_("You have asked already, or a reviewer has looked at it."), state=appeal_state(case))
