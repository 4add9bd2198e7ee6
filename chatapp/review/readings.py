"""What a reviewer may read of a conversation, and that it goes on record before it is shown."""

from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.conversations.models import Message
from chatapp.conversations.selectors import message_list
from chatapp.conversations.tree import branch
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing
from chatapp.review.models import ContextReading, Decision, ReviewCase
from chatapp.review.selectors import decisions_of
from chatapp.review.services import evidence_read

# Enough to see what was asked; a reviewer judges one text, not a person's whole day.
MAX_CONTEXT_MESSAGES = 6


@dataclass(frozen=True, slots=True)
class ContextMessage:
    """One message as the person has it; `is_subject` marks the one that the case is about."""

    role: str
    text: str
    is_subject: bool


def case_context_read(*, case: ReviewCase, reader: User) -> list[ContextMessage]:
    """
    The messages before the case's text, oldest first, and the message itself where one was stored.

    :raises EvidenceForbidden: without the right to read withheld text.
    :raises EvidenceMissing: nothing stands before the text, or the conversation is gone.
    """
    if not reader.has_perm("review.view_evidence_text"):
        raise EvidenceForbidden(_("You may not read withheld text."))
    path = _path(case)
    if not path:
        raise EvidenceMissing(_("No message stands before this one, or the conversation is gone."))
    ContextReading.objects.create(
        case_id=case.id,
        conversation_id=case.conversation_id,
        num_messages=len(path),
        reader_id=reader.id,
        reader_email=reader.email,
    )
    return [ContextMessage(message.role, message.text or "", message.id == case.message_id) for message in path]


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


def case_evidence_read(*, case: ReviewCase, reader: User) -> list[str]:
    """
    What was withheld, piece by piece in the order of the decisions. Every piece read is on record.

    :raises EvidenceForbidden, EvidenceMissing, EvidenceUnreadable:
    """
    by_evidence = {row.evidence_id: row for row in decisions_of(case) if row.evidence_id is not None}
    if not by_evidence:
        raise EvidenceMissing(_("No text was withheld here, or it was erased."))
    return [evidence_read(decision=row, reader=reader) for row in by_evidence.values()]
