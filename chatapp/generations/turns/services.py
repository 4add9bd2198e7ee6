"""
Turns: a person's message and the generation that answers it.

Judges the input, stores both messages, queues the generation; the same client id again returns the first turn.
Knows no engine and no socket.
"""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chatapp.conversations.models import Conversation, Message, MessageRole, MessageState
from chatapp.conversations.selectors import (
    conversation_get,
    conversation_get_for_update,
    message_find_resent,
    message_get,
)
from chatapp.conversations.services import assistant_message_add, text_check, user_message_add
from chatapp.core.errors import RateLimited
from chatapp.core.limits import MAX_LIVE_GENERATIONS_PER_USER
from chatapp.generations.ending import Ending
from chatapp.generations.errors import NothingToRegenerate, TurnInProgress
from chatapp.generations.input_check import (
    Judged,
    judged_record,
    judged_refuse,
    safe_answer,
    text_judged,
    told_notice,
)
from chatapp.generations.models import LIVE_STATUSES, Generation
from chatapp.generations.sampling import Sampling
from chatapp.generations.services import answer_queue
from chatapp.generations.turns.conduct import conduct_check
from chatapp.moderation.judging.verdict import Stage


@dataclass(frozen=True, slots=True)
class Turn:
    """The assistant message that will hold the answer, and the generation that writes it."""

    message_id: UUID
    generation_id: UUID


def turn_start(
    *,
    owner_id: UUID,
    conversation_id: UUID,
    parent_id: UUID | None,
    client_message_id: UUID,
    text: str,
    sampling: Sampling | None = None,
) -> Turn:
    """
    Ask. With the parent of an earlier question this is an edit: the new question becomes its sibling.

    sampling: what a program asks of the answer; the rest is chosen as for everybody.

    :raises TextEmpty, TextTooLong, InputBlocked, ConductThrottled: nothing was stored (but the decision).
    :raises UnsupportedParameter, MaxNewTokensTooMany: beyond the engine or the model; nothing was stored.
    :raises ConversationNotFound, MessageNotFound, ParentUnusable, TurnInProgress, RateLimited:
    """
    text = text_check(text)
    if turn := _resent(owner_id, client_message_id):
        return turn
    # Before judging: a refusal goes on the record of its conversation, and that must be the person's own.
    conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    judged = _turn_judge(owner_id, conversation_id, text)
    asked = {} if sampling is None else sampling.asked()
    try:
        return _turn_store(owner_id, conversation_id, parent_id, client_message_id, judged, asked)
    except IntegrityError:
        # Another socket sent the same turn meanwhile: then it is there now.
        if turn := _resent(owner_id, client_message_id):
            return turn
        raise


def _turn_judge(owner_id: UUID, conversation_id: UUID, text: str) -> Judged:
    judged = text_judged(owner_id=owner_id, text=text, stage=Stage.INPUT)
    # Whoever gets the operator's answer gets it at any time: it may be a help line.
    if not judged.verdict.safe_completion:
        conduct_check(owner_id=owner_id, conversation_id=conversation_id)
    if judged.verdict.blocked:
        judged_refuse(judged, owner_id=owner_id, conversation_id=conversation_id)
    return judged


def _resent(owner_id: UUID, client_message_id: UUID) -> Turn | None:
    if message_find_resent(owner_id=owner_id, client_message_id=client_message_id) is None:
        return None
    return _turn_find(owner_id, client_message_id)


def _turn_find(owner_id: UUID, client_turn_id: UUID) -> Turn | None:
    row = Generation.objects.filter(owner_id=owner_id, client_turn_id=client_turn_id).first()
    return None if row is None or row.message_id is None else Turn(row.message_id, row.id)


@transaction.atomic
def _turn_store(
    owner_id: UUID,
    conversation_id: UUID,
    parent_id: UUID | None,
    client_message_id: UUID,
    judged: Judged,
    asked: Mapping[str, Any],
) -> Turn:
    conversation = conversation_get_for_update(owner_id=owner_id, conversation_id=conversation_id)
    if not judged.verdict.safe_completion:
        _room_check(owner_id)
    question = user_message_add(
        conversation=conversation,
        parent_id=parent_id,
        client_message_id=client_message_id,
        text=judged.verdict.released_text,
        # An operator's answer tells of itself.
        notice=None if judged.verdict.safe_completion else told_notice(judged),
    )
    # After the parent is known to be this person's: nobody learns what happens in another's conversation.
    if parent_id is not None:
        _written_check(parent_id)
    turn = _answer_add(conversation, question, client_message_id, asked, safe_answer(judged))
    judged_record(
        judged,
        owner_id=owner_id,
        conversation_id=conversation_id,
        message_id=question.id,
        generation_id=turn.generation_id,
    )
    return turn


def _answer_add(
    conversation: Conversation,
    question: Message,
    client_turn_id: UUID,
    asked: Mapping[str, Any],
    ending: Ending | None,
) -> Turn:
    answer = assistant_message_add(conversation=conversation, parent=question)
    generation = answer_queue(
        conversation=conversation,
        message=answer,
        client_turn_id=client_turn_id,
        seed=secrets.randbits(48),  # JavaScript holds 53 bits exactly
        model=conversation.model,
        asked=asked,
        ending=ending,
    )
    return Turn(answer.id, generation.id)


def _room_check(owner_id: UUID) -> None:
    if Generation.objects.filter(owner_id=owner_id, status__in=LIVE_STATUSES).count() >= MAX_LIVE_GENERATIONS_PER_USER:
        raise RateLimited(
            _("%(limit)d answers are being written for you. Wait for one or stop one.")
            % {"limit": MAX_LIVE_GENERATIONS_PER_USER},
            limit=MAX_LIVE_GENERATIONS_PER_USER,
        )


def _written_check(message_id: UUID) -> None:
    if Generation.objects.filter(message_id=message_id, status__in=LIVE_STATUSES).exists():
        raise TurnInProgress.of()


def turn_regenerate(*, owner_id: UUID, message_id: UUID, client_turn_id: UUID) -> Turn:
    """
    Answer the same question again, beside the answer named; the same client_turn_id again returns the first.

    What a program had asked of that answer holds again, but for the seed: the same one would give the same text. A
    question that the operator answers is not the model's this time either.
    :raises UnsupportedParameter, MaxNewTokensTooMany: the model or its engine is another one now.
    :raises MessageNotFound, NothingToRegenerate, TurnInProgress, RateLimited, ConductThrottled:
    """
    if turn := _turn_find(owner_id, client_turn_id):
        return turn
    answer = message_get(owner_id=owner_id, message_id=message_id)
    if answer.role != MessageRole.ASSISTANT or answer.parent is None or answer.parent.state == MessageState.WITHHELD:
        raise NothingToRegenerate.of()
    judged = text_judged(owner_id=owner_id, text=answer.parent.text or "", stage=Stage.INPUT)
    if not judged.verdict.safe_completion:
        conduct_check(owner_id=owner_id, conversation_id=answer.conversation_id)
    try:
        return _regeneration_store(owner_id, answer, client_turn_id, judged if judged.verdict.safe_completion else None)
    except IntegrityError:
        if turn := _turn_find(owner_id, client_turn_id):
            return turn
        raise


@transaction.atomic
def _regeneration_store(owner_id: UUID, answer: Message, client_turn_id: UUID, answered: Judged | None) -> Turn:
    """answered: the verdict on a question that the operator answers."""
    conversation = conversation_get_for_update(owner_id=owner_id, conversation_id=answer.conversation_id)
    _room_check(owner_id)
    _written_check(answer.id)
    question = conversation.messages.get(children=answer)
    # An answer that a reviewer restored has no generation of its own.
    asked = Generation.objects.filter(message=answer).values_list("asked", flat=True).first() or {}
    asked = {name: value for name, value in asked.items() if name != "seed"}
    turn = _answer_add(conversation, question, client_turn_id, asked, safe_answer(answered) if answered else None)
    if answered:
        judged_record(
            answered,
            owner_id=owner_id,
            conversation_id=conversation.id,
            message_id=question.id,
            generation_id=turn.generation_id,
        )
    return turn
