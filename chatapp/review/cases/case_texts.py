"""
The texts behind a case that a reviewer may read: what was withheld, what stood before it. Each look is on record first.

One look at one piece is one reading. While a reviewer opens the next piece, what is on the page stays there: that is
the same look, for LOOK_KEPT. Opening a piece anew is another one.
"""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.conversations.models import Conversation, Message
from chatapp.conversations.selectors import message_list
from chatapp.conversations.tree import branch
from chatapp.review.cases.services import CLAIM_KEPT
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing
from chatapp.review.evidence.readings import evidence_read
from chatapp.review.models import ContextReading, Decision, Evidence, ReviewCase
from chatapp.review.selectors import decisions_of

# Enough to see what was asked; a reviewer judges one text, not a person's whole day.
MAX_CONTEXT_MESSAGES = 6
# As long as a claim: after that, whoever shows the page again reads it again.
LOOK_KEPT = CLAIM_KEPT


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """One message as the person has it; `is_subject` marks the one that the case is about."""

    role: str
    text: str
    is_subject: bool


def case_context_read(
    *, case: ReviewCase, reader: User, on_record_since: datetime | None = None
) -> list[ContextMessage]:
    """
    The messages before the case's text, oldest first, and the message itself where one was stored.

    on_record_since: a reading of the same reader since then is of the same look, and there is no second one.
    :raises EvidenceForbidden: without the right to read withheld text.
    :raises EvidenceMissing: nothing stood before the text, or it is gone; its sentence says which.
    """
    if not reader.has_perm("review.view_evidence_text"):
        raise EvidenceForbidden(_("You may not read withheld text."))
    path = _path(case)
    if not path:
        raise EvidenceMissing(_why_nothing(case))
    readings = ContextReading.objects.filter(case_id=case.id, reader_id=reader.id, num_messages=len(path))
    if on_record_since is None or not readings.filter(read_at__gte=on_record_since).exists():
        ContextReading.objects.create(
            case_id=case.id,
            conversation_id=case.conversation_id,
            num_messages=len(path),
            reader_id=reader.id,
            reader_email=reader.email,
        )
    return [ContextMessage(message.role, message.text or "", message.id == case.message_id) for message in path]


def _why_nothing(case: ReviewCase) -> str:
    if not Conversation.objects.filter(id=case.conversation_id).exists():
        return _("The conversation is gone: the person deleted it, or their account.")
    if case.message_id is not None:
        return _("The message is gone.")
    return _("It was refused as the first words of the conversation: nothing stood before it.")


def _path(case: ReviewCase) -> list[Message]:
    messages = message_list(conversation_id=case.conversation_id)
    leaf_id = case.message_id if case.message_id is not None else _newest_before(messages, case)
    if leaf_id not in {message.id for message in messages}:
        return []
    return branch(messages, leaf_id=leaf_id)[-(MAX_CONTEXT_MESSAGES + 1) :]


def _newest_before(messages: list[Message], case: ReviewCase) -> UUID | None:
    """What was refused stood nowhere; what the person had on screen before is the nearest to it."""
    decided_at = Decision.objects.get(id=case.decision_id).created_at
    return next((message.id for message in reversed(messages) if message.created_at < decided_at), None)


def case_evidence_read(*, case: ReviewCase, reader: User, on_record_since: datetime | None = None) -> list[str]:
    """
    What was withheld and is still kept, piece by piece in the order of the decisions. Every piece read is on record.

    on_record_since: as for the context.
    :raises EvidenceForbidden, EvidenceMissing, EvidenceUnreadable: then no piece was read.
    """
    decisions = decisions_of(case)
    kept = set(Evidence.objects.filter(id__in=[row.evidence_id for row in decisions]).values_list("id", flat=True))
    rows: dict[UUID, Decision] = {}
    for row in decisions:
        if row.evidence_id in kept:
            rows.setdefault(row.evidence_id, row)
    if not rows:
        raise EvidenceMissing(_("No text was withheld here, or it was erased."))
    with transaction.atomic():
        return [evidence_read(decision=row, reader=reader, on_record_since=on_record_since) for row in rows.values()]
