"""
Who writes a generation: claiming a queued row, keeping it, giving it back. Each is a compare-and-set on the attempt.

Knows no engine and no end: that is `services`.
"""

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Count, F, IntegerField, OuterRef, QuerySet, Subquery, Value, When
from django.db.models.functions import Coalesce

from chatapp.core.ids import uuid7
from chatapp.feed import log
from chatapp.feed.events import (
    ContextReport,
    GenerationQueued,
    GenerationRestarted,
    GenerationStarted,
)
from chatapp.feed.outbox import fact_write
from chatapp.generations.models import (
    Generation,
    GenerationKind,
    GenerationStatus,
)
from chatapp.generations.queue import generate_send_after_commit
from chatapp.generations.views import generation_view

# Covers the time between the claim and the first append; from then on Redis' lease counts (log.LEASE_MS). The reaper
# asks both, so this one must outlast reading a branch and counting its tokens.
LEASE = timedelta(seconds=8)


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
        held = held_rows(row.id, row.attempt).update(context=row.context, ruleset_version=ruleset_version)
        if held and row.kind == GenerationKind.ANSWER:
            view = generation_view(row, live=log.LiveText(start.text, start.seq))
            if row.attempt > 1 and not start.was_known:
                fact_write(user_id=row.owner_id, fact=GenerationRestarted(id=uuid7(), generation=view))
            fact_write(user_id=row.owner_id, fact=GenerationStarted(id=uuid7(), generation=view))
    return bool(held)


def held_rows(generation_id: UUID, attempt: int) -> "QuerySet[Generation]":
    """The generation while this attempt may write it, or nothing: what every such write narrows to."""
    return Generation.objects.filter(id=generation_id, status=GenerationStatus.RUNNING, attempt=attempt)


def generation_is_held(*, generation_id: UUID, attempt: int) -> bool:
    """Whether this attempt still writes the answer; inside a transaction it does so until that ends."""
    return held_rows(generation_id, attempt).select_for_update().first() is not None


def generation_checkpoint(*, generation_id: UUID, attempt: int, text: str, seq: int, num_tokens: int) -> bool:
    """Refresh the database's copy of released text. False when the attempt lost the row."""
    return bool(
        held_rows(generation_id, attempt).update(
            checkpoint_text=text, checkpoint_seq=seq, checkpoint_num_tokens=num_tokens
        )
    )


def generation_requeue(*, generation_id: UUID, attempt: int) -> bool:
    """Give a running generation back to the queue: its lease ran out, or its worker hands over."""
    with transaction.atomic():
        requeued = held_rows(generation_id, attempt).update(
            status=GenerationStatus.QUEUED, worker="", lease_expires_at=None
        )
        if not requeued:
            return False
        row = Generation.objects.select_related("model").get(id=generation_id)
        _fact_again(row)
        generate_send_after_commit(slug=row.model.slug)
    return True


def generation_turn_away(*, generation_id: UUID, attempt: int) -> bool:
    """
    Give a running generation back to the queue because the engine had no room; the attempt does not count.

    No task is sent: this worker would claim the row again at once. The reaper sends one within two seconds.
    """
    with transaction.atomic():
        turned_away = held_rows(generation_id, attempt).update(
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
