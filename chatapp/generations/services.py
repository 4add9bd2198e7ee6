"""
Queues generations and ends them. Every ending is a compare-and-set on status and attempt: owner, reaper and shutdown
cannot all win. Knows no engine; who writes a generation meanwhile is `holding`.
"""

import contextlib
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from redis.exceptions import RedisError

from chatapp.catalog.models import ChatModel
from chatapp.conversations.models import Conversation, Message, TitleSource
from chatapp.conversations.selectors import conversation_get_for_update
from chatapp.conversations.services import conversation_delete, conversation_title_by_model
from chatapp.conversations.views import message_view
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.feed import log
from chatapp.feed.events import (
    GenerationFinished,
    GenerationQueued,
)
from chatapp.feed.outbox import fact_write
from chatapp.generations.ending import Ending, status_after
from chatapp.generations.holding import held_rows
from chatapp.generations.models import (
    LIVE_STATUSES,
    FinishReason,
    Generation,
    GenerationKind,
    GenerationStatus,
)
from chatapp.generations.queue import generate_send_after_commit
from chatapp.generations.sampling import sampling_of
from chatapp.generations.views import generation_view

logger = structlog.get_logger(__name__)


# A generation that took down five workers would take down the sixth.
MAX_ATTEMPTS = 5


def answer_queue(
    *,
    conversation: Conversation,
    message: Message,
    client_turn_id: UUID,
    seed: int,
    model: ChatModel,
    asked: Mapping[str, Any],
    ending: Ending | None = None,
) -> Generation:
    """
    Queue the answer that `message` will hold. Call inside the turn's transaction; the task goes out after commit.

    asked: what a program asked for (`Sampling.asked`). ending: of an answer that waits for no model.
    :raises UnsupportedParameter, MaxNewTokensTooMany: as `sampling_of`.
    """
    sampling = sampling_of(
        asked=asked,
        temperature=conversation.temperature,
        seed=seed,
        parameters=model.serving_parameters,
        model=model,
    )
    row = Generation(
        id=uuid7(),
        kind=GenerationKind.ANSWER,
        owner_id=conversation.owner_id,
        conversation=conversation,
        message=message,
        client_turn_id=client_turn_id,
        model=model,
        model_revision=model.revision,
        sampling=sampling,
        asked=dict(asked),
    )
    if ending is None:
        row.save(force_insert=True)
        _fact_and_task(row)
    else:
        _ended_store(row, ending)
    return row


def _ended_store(row: Generation, ending: Ending) -> None:
    """A generation that no model runs: it is over when it is first heard of."""
    for name, value in _ended_fields(ending, clock.now()).items():
        setattr(row, name, value)
    row.save(force_insert=True)
    _answer_end(row, ending)


def _fact_and_task(row: Generation) -> None:
    if row.kind == GenerationKind.ANSWER:
        fact_write(user_id=row.owner_id, fact=GenerationQueued(id=uuid7(), generation=generation_view(row)))
    generate_send_after_commit(slug=row.model.slug)


def _title_queue(*, conversation: Conversation, model: ChatModel) -> None:
    row = Generation.objects.create(
        id=uuid7(),
        kind=GenerationKind.TITLE,
        owner_id=conversation.owner_id,
        conversation=conversation,
        model=model,
        model_revision=model.revision,
        sampling={"temperature": 0.0, "top_k": 0, "top_p": 1.0, "seed": 0, "max_new_tokens": 16},
    )
    _fact_and_task(row)


def generation_end(*, generation_id: UUID, attempt: int, ending: Ending, now: datetime) -> bool:
    """
    End a running generation: final text and status by compare-and-set on the attempt, then the fact.

    Returns False when this attempt no longer holds the row; then nothing was written.
    """
    with transaction.atomic():
        if not held_rows(generation_id, attempt).update(**_ended_fields(ending, now)):
            return False
        row = Generation.objects.select_related("model", "conversation__model", "message").get(id=generation_id)
        if row.kind == GenerationKind.TITLE:
            _title_end(row, ending)
        else:
            _answer_end(row, ending)
    return True


def _ended_fields(ending: Ending, now: datetime) -> dict[str, Any]:
    return {
        "status": status_after(ending.finish_reason),
        "finish_reason": ending.finish_reason,
        "error_code": ending.error_code,
        "error_details": ending.error_details,
        "usage": ending.usage and ending.usage.model_dump(),
        "timings": ending.timings and ending.timings.model_dump(),
        "checkpoint_text": "",
        "checkpoint_seq": ending.seq,
        "checkpoint_num_tokens": 0,
        "worker": "",
        "lease_expires_at": None,
        "finished_at": now,
    }


def _answer_end(row: Generation, ending: Ending) -> None:
    message = row.message
    if message is None:
        raise ValueError("an answer has a message")
    message.text, message.state, message.notice = ending.text, ending.state, ending.notice
    message.save(update_fields=["text", "state", "notice"])
    fact_write(
        user_id=row.owner_id,
        fact=GenerationFinished(id=uuid7(), generation=generation_view(row), message=message_view(message)),
    )
    if ending.finish_reason in {FinishReason.STOP, FinishReason.LENGTH} and _wants_title(row.conversation):
        # Two answers that end at once both ask; the second is refused by the database and still ends.
        with contextlib.suppress(IntegrityError), transaction.atomic():
            _title_queue(conversation=row.conversation, model=row.model)


def _wants_title(conversation: Conversation) -> bool:
    return (
        conversation.title_source == TitleSource.NONE
        and not conversation.generations.filter(kind=GenerationKind.TITLE).exists()
    )


def _title_end(row: Generation, ending: Ending) -> None:
    if ending.finish_reason in {FinishReason.STOP, FinishReason.LENGTH}:
        conversation = conversation_get_for_update(owner_id=row.owner_id, conversation_id=row.conversation_id)
        conversation_title_by_model(row=conversation, title=ending.text)
    transaction.on_commit(partial(_stream_close, row.id, ending.finish_reason, final_seq=ending.seq))


def stream_close_if_deleted(*, generation_id: UUID) -> None:
    """Where a generation went with its conversation, let its text in the event log expire."""
    if not Generation.objects.filter(id=generation_id).exists():
        _stream_close(generation_id, FinishReason.CANCELLED, final_seq=0)


def _stream_close(generation_id: UUID, reason: FinishReason, *, final_seq: int) -> None:
    """Fence whoever still writes, and let the stream's keys expire. Nobody is told: no fact stands for this end."""
    try:
        log.end(generation_id=generation_id, finish_reason=reason, final_seq=final_seq)
    except RedisError as error:
        logger.warning("stream_not_closed", generation_id=str(generation_id), error=str(error))


def generation_fail(*, generation_id: UUID, attempt: int, error_code: str, now: datetime) -> bool:
    """End a generation that no worker carries to its end; what was shown stays."""
    row = Generation.objects.filter(id=generation_id).first()
    if row is None:  # deleted with its conversation meanwhile
        return False
    live = _shown(row)
    ending = Ending(finish_reason=FinishReason.ERROR, text=live.text, seq=live.seq, error_code=error_code)
    return generation_end(generation_id=generation_id, attempt=attempt, ending=ending, now=now)


def _shown(row: Generation) -> log.LiveText:
    """What people have on screen: Redis' copy, or else the database's."""
    return log.live_texts([row.id])[0] or log.LiveText(row.checkpoint_text, row.checkpoint_seq)


def generation_cancel(*, row: Generation, now: datetime) -> None:
    """
    Stop a generation: a queued one ends here, a running one meets the flag at its worker's next append. Ended: nothing.
    """
    if not _queued_cancel(row, now):
        log.cancel(generation_id=row.id)


def _queued_cancel(row: Generation, now: datetime) -> bool:
    """End a row that waits. What an earlier attempt had shown stays."""
    live = _shown(row)
    ending = Ending(finish_reason=FinishReason.CANCELLED, text=live.text, seq=live.seq)
    with transaction.atomic():
        if not Generation.objects.filter(id=row.id, status=GenerationStatus.QUEUED).update(
            **_ended_fields(ending, now)
        ):
            return False
        fresh = Generation.objects.select_related("model", "conversation", "message").get(id=row.id)
        if fresh.kind == GenerationKind.ANSWER:
            _answer_end(fresh, ending)
    return True


def conversation_remove(*, owner_id: UUID, conversation_id: UUID) -> None:
    """
    Delete a conversation with everything in it; answers under way are told to stop.

    :raises ConversationNotFound:
    """
    live = list(
        Generation.objects.filter(
            owner_id=owner_id, conversation_id=conversation_id, status__in=LIVE_STATUSES
        ).values_list("id", flat=True)
    )
    conversation_delete(owner_id=owner_id, conversation_id=conversation_id)
    for generation_id in live:
        _stream_close(generation_id, FinishReason.CANCELLED, final_seq=0)
