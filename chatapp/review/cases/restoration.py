"""
Brings an answer back whole, from what was released and the evidence of what was not. Decides nothing: a reviewer did.

The evidence is read by this code alone, to give the person their own answer; nobody else sees it by that.
"""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from uuid import UUID

import structlog
from django.utils.translation import gettext as _

from chatapp.conversations.errors import ConversationNotFound
from chatapp.conversations.models import Message, MessageRole, MessageState
from chatapp.conversations.selectors import conversation_get_for_update
from chatapp.conversations.services import restored_message_add
from chatapp.moderation.errors import RulesetMissing
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Stage
from chatapp.moderation.publishing.loading import ruleset_get
from chatapp.review.cases.restoring import RestorationAmbiguous, Span, Withheld, restore, rules_agree
from chatapp.review.errors import EvidenceUnreadable, RestorationImpossible
from chatapp.review.evidence import cipher
from chatapp.review.models import Decision, Evidence, ReviewCase

logger = structlog.get_logger(__name__)


def answer_restore(case: ReviewCase) -> UUID | None:
    """
    Put the whole answer beside the one that was withheld; None where that is gone. Call inside a transaction.

    :raises RestorationImpossible:
    """
    if case.message_id is None:
        return None
    try:
        conversation = conversation_get_for_update(owner_id=case.owner_id, conversation_id=case.conversation_id)
    except ConversationNotFound:
        return None
    message = conversation.messages.filter(id=case.message_id).first()
    if message is None or message.state == MessageState.ERASED or message.role != MessageRole.ASSISTANT:
        return None
    text = text_restored(message, withholding_decisions(case))
    if text == message.text:  # only flagged: nothing was taken away
        return None
    return restored_message_add(conversation=conversation, withheld=message, text=text).id


def withholding_decisions(case: ReviewCase) -> list[Decision]:
    """The decisions of the case's message and stage that took text away, in the order in which they were made."""
    return list(
        Decision.objects.filter(
            message_id=case.message_id,
            stage=case.stage,
            is_enforced=True,
            action__in=[action.value for action in HOLDING_ACTIONS],
        ).order_by("place")
    )


def text_restored(message: Message, decisions: Sequence[Decision]) -> str:
    """:raises RestorationImpossible: evidence is missing, unreadable, or does not fit the message's text."""
    released = message.text or ""
    if not decisions:
        return released
    try:
        withheld = [_withheld(list(rows)) for _id, rows in groupby(decisions, lambda row: row.evidence_id)]
        agrees = partial(
            rules_agree,
            ruleset=ruleset_get(version=decisions[0].ruleset_version),
            stage=Stage(decisions[0].stage),
            released=released,
            withheld=withheld,
        )
        return restore(released, withheld, agrees=agrees)
    except (RestorationAmbiguous, EvidenceUnreadable, RulesetMissing, KeyError) as error:
        logger.warning("answer_not_restored", message_id=str(message.id), error=type(error).__name__)
        raise RestorationImpossible(
            _("The evidence does not say exactly where each piece was. It cannot be put back.")
        ) from error


def _withheld(rows: Sequence[Decision]) -> Withheld:
    """What one verdict took: its rows share the evidence."""
    ruleset = ruleset_get(version=rows[0].ruleset_version)
    evidence_id = rows[0].evidence_id
    kept = None if evidence_id is None else Evidence.objects.filter(id=evidence_id).first()
    if kept is None:
        raise RestorationImpossible(_("The evidence was erased, so the text cannot come back."))
    spans = tuple(
        Span(row.span_start, row.span_end, Action(row.action), row.rule_slug, ruleset.rule(row.rule_slug).replacement)
        for row in rows
    )
    return Withheld(spans, cipher.decrypt(bytes(kept.ciphertext)))
