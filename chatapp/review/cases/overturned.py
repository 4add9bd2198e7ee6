"""
What a reviewer's finding means for the same words sent again: the rules that were wrong about them only watch.

A refused message was never stored, so overturning brings nothing back; its person sends the words once more. The
finding holds for exactly this text of this person, for as long as it is the newest about it. The text is known by its
keyed digest, which outlives the evidence.
"""

from uuid import UUID

from django.db.models import Q, QuerySet

from chatapp.conversations.models import Message
from chatapp.core.text import storable
from chatapp.moderation.judging.verdict import Stage
from chatapp.review.evidence.chain import text_digest
from chatapp.review.evidence.keys import Purpose, keys_for
from chatapp.review.models import Decision, ReviewOutcome


def rules_overturned(*, owner_id: UUID, text: str, stage: Stage) -> frozenset[str]:
    """The rules, by name, that the newest finding about this text of this person took back. Three queries at most."""
    rows = list(_decisions(owner_id, text, stage))
    newest = ReviewOutcome.objects.filter(decision_id__in=[row.id for row in rows]).order_by("id").last()
    if newest is None or not newest.is_overturned:
        return frozenset()
    subject = next(row for row in rows if row.id == newest.decision_id)
    same = (row for row in rows if (row.message_id, row.evidence_id) == (subject.message_id, subject.evidence_id))
    return frozenset(row.rule_slug for row in same)


def _decisions(owner_id: UUID, text: str, stage: Stage) -> QuerySet[Decision]:
    """Enforced ones. What the operator answered took nothing away and left no digest, but the message is there."""
    digests = [text_digest(text, key=key) for key in keys_for(Purpose.TEXT_DIGEST)]
    stored = Message.objects.filter(owner_id=owner_id, text=storable(text)).values("id")
    about = Q(text_digest__in=digests) | Q(evidence_id__isnull=True, message_id__in=stored)
    return Decision.objects.filter(about, owner_id=owner_id, stage=stage, is_enforced=True)
