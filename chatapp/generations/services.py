"""
Writes the life of a generation. Every ending is a compare-and-set on status and attempt: owner, reaper and shutdown
cannot all win. Knows no engine.
"""

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError

from chatapp.catalog.models import ChatModel
from chatapp.conversations.models import Conversation, Message, MessageState, TitleSource
from chatapp.conversations.selectors import conversation_get_for_update
from chatapp.conversations.services import conversation_delete, conversation_title_by_model
from chatapp.conversations.views import message_view
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.feed import log
from chatapp.feed.events import (
    ContextReport,
    GenerationFinished,
    GenerationQueued,
    GenerationRestarted,
    GenerationStarted,
    Timings,
    Usage,
)
from chatapp.feed.outbox import fact_write
from chatapp.generations.models import (
    LIVE_STATUSES,
    FinishReason,
    Generation,
    GenerationKind,
    GenerationStatus,
)
from chatapp.generations.queue import task_send
from chatapp.generations.sampling import sampling_of
from chatapp.generations.status import status_after
from chatapp.generations.views import generation_view

logger = structlog.get_logger(__name__)

# Covers the time between the claim and the first append; from then on Redis' lease counts (log.LEASE_MS). The reaper
# asks both, so this one must outlast reading a branch and counting its tokens.
LEASE = timedelta(seconds=8)

# A generation that took down five workers would take down the sixth.
MAX_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known at the end of a generation. `text` is exactly what the gate released."""

    finish_reason: FinishReason
    text: str
    seq: int
    usage: Usage | None = None
    timings: Timings | None = None
    error_code: str | None = None
    error_details: dict[str, Any] | None = None
    state: MessageState = MessageState.VISIBLE
    notice: dict[str, str] | None = None


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
    transaction.on_commit(partial(_task_send_after_commit, row.model.slug))


def _task_send_after_commit(slug: str) -> None:
    try:
        task_send(slug=slug)
    except (BrokerUnavailable, RedisError) as error:
        # The row is committed; the reaper tops the queue up when Redis is back.
        logger.warning("task_not_sent", model=slug, error=str(error))


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


def queued_in_order(*, model_slug: str) -> "QuerySet[Generation]":
    """
    The waiting rows of a model, next first: answers before titles, then whoever has fewest running, then the oldest.
    """
    running = (
        Generation.objects.filter(owner_id=OuterRef("owner_id"), status=GenerationStatus.RUNNING)
        .order_by()
        .values("owner_id")
        .annotate(number=Count("id"))
        .values("number")
    )
    return (
        Generation.objects.filter(model__slug=model_slug, status=GenerationStatus.QUEUED)
        .annotate(
            is_title=Case(
                When(kind=GenerationKind.TITLE, then=Value(1)), default=Value(0), output_field=IntegerField()
            ),
            num_running_of_owner=Coalesce(Subquery(running, output_field=IntegerField()), Value(0)),
        )
        .order_by("is_title", "num_running_of_owner", "created_at", "id")
    )


def generation_claim(*, model_slug: str, worker: str, now: datetime) -> Generation | None:
    """Take the next queued row of a model: compare-and-set `queued → running`, attempt + 1. None when nothing waits."""
    while True:
        candidate = queued_in_order(model_slug=model_slug).values_list("id", flat=True).first()
        if candidate is None:
            return None
        with transaction.atomic():
            claimed = Generation.objects.filter(id=candidate, status=GenerationStatus.QUEUED).update(
                status=GenerationStatus.RUNNING,
                attempt=F("attempt") + 1,
                worker=worker,
                lease_expires_at=now + LEASE,
                started_at=Coalesce(F("started_at"), Value(now)),
            )
            if claimed:
                return Generation.objects.select_related("model", "conversation", "message", "owner").get(id=candidate)


def generation_started(*, row: Generation, context: ContextReport, ruleset_version: int, start: log.TakeOver) -> bool:
    """
    Write what the model is given and tell that the attempt began; a restart after a lost event log says so first.

    Returns False when this attempt no longer holds the row.
    """
    row.context, row.ruleset_version = context.model_dump(mode="json"), ruleset_version
    with transaction.atomic():
        held = _held(row.id, row.attempt).update(context=row.context, ruleset_version=ruleset_version)
        if held and row.kind == GenerationKind.ANSWER:
            view = generation_view(row, live=log.LiveText(start.text, start.seq))
            if row.attempt > 1 and not start.was_known:
                fact_write(user_id=row.owner_id, fact=GenerationRestarted(id=uuid7(), generation=view))
            fact_write(user_id=row.owner_id, fact=GenerationStarted(id=uuid7(), generation=view))
    return bool(held)


def _held(generation_id: UUID, attempt: int) -> "QuerySet[Generation]":
    return Generation.objects.filter(id=generation_id, status=GenerationStatus.RUNNING, attempt=attempt)


def generation_is_held(*, generation_id: UUID, attempt: int) -> bool:
    """Whether this attempt still writes the answer; inside a transaction it does so until that ends."""
    return _held(generation_id, attempt).select_for_update().first() is not None


def generation_checkpoint(*, generation_id: UUID, attempt: int, text: str, seq: int, num_tokens: int) -> bool:
    """Refresh the database's copy of released text. False when the attempt lost the row."""
    return bool(
        _held(generation_id, attempt).update(checkpoint_text=text, checkpoint_seq=seq, checkpoint_num_tokens=num_tokens)
    )


def generation_end(*, generation_id: UUID, attempt: int, ending: Ending, now: datetime) -> bool:
    """
    End a running generation: final text and status by compare-and-set on the attempt, then the fact.

    Returns False when this attempt no longer holds the row; then nothing was written.
    """
    with transaction.atomic():
        if not _held(generation_id, attempt).update(**_ended_fields(ending, now)):
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


def generation_requeue(*, generation_id: UUID, attempt: int) -> bool:
    """Give a running generation back to the queue: its lease ran out, or its worker hands over."""
    with transaction.atomic():
        requeued = _held(generation_id, attempt).update(
            status=GenerationStatus.QUEUED, worker="", lease_expires_at=None
        )
        if not requeued:
            return False
        row = Generation.objects.select_related("model").get(id=generation_id)
        _fact_again(row)
        transaction.on_commit(partial(_task_send_after_commit, row.model.slug))
    return True


def generation_turn_away(*, generation_id: UUID, attempt: int) -> bool:
    """
    Give a running generation back to the queue because the engine had no room; the attempt does not count.

    No task is sent: this worker would claim the row again at once. The reaper sends one within two seconds.
    """
    with transaction.atomic():
        turned_away = _held(generation_id, attempt).update(
            status=GenerationStatus.QUEUED,
            worker="",
            lease_expires_at=None,
            num_turned_away=F("num_turned_away") + 1,
        )
        if turned_away:
            _fact_again(Generation.objects.select_related("model").get(id=generation_id))
    return bool(turned_away)


def _fact_again(row: Generation) -> None:
    live = log.live_texts([row.id])[0]
    if row.kind == GenerationKind.ANSWER:
        fact_write(user_id=row.owner_id, fact=GenerationQueued(id=uuid7(), generation=generation_view(row, live=live)))


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
