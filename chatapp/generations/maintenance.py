"""
Tasks of the default worker: puts right what a death left behind. Knows no engine.

Re-queues generations whose lease ran out, tops the queues up to their rows, relays facts that are overdue.
"""

import structlog
from celery import shared_task
from django.db import connection
from django.db.models import Count

from chatapp.core import clock
from chatapp.core.signs_of_life import default_worker_sign
from chatapp.feed import log
from chatapp.feed.outbox import facts_relay_overdue
from chatapp.generations.holding import generation_requeue
from chatapp.generations.models import Generation, GenerationStatus
from chatapp.generations.queue import tasks_top_up
from chatapp.generations.services import MAX_ATTEMPTS, generation_fail
from chatapp.task_table import REAP

logger = structlog.get_logger(__name__)


@shared_task(name=REAP.name)  # type: ignore[untyped-decorator]  # celery has no types
def reap() -> None:
    """Runs every two seconds (task_table.py). Two at once are safe: each write is compare-and-set."""
    try:
        leases_reap()
        queues_top_up()
        facts_relay_overdue()
        default_worker_sign()
    finally:
        connection.close()


def leases_reap() -> int:
    """Re-queue every running generation that nobody holds: both leases ran out. Returns how many it dealt with."""
    rows = list(
        Generation.objects.filter(status=GenerationStatus.RUNNING, lease_expires_at__lt=clock.now()).values_list(
            "id", "attempt", "num_turned_away"
        )
    )
    # The database's lease only covers the start; a worker renews Redis' every 250 ms.
    expired = log.leases_expired([generation_id for generation_id, *_ in rows])
    lost = [row for row, is_expired in zip(rows, expired, strict=True) if is_expired]
    for generation_id, attempt, num_turned_away in lost:
        if attempt - num_turned_away < MAX_ATTEMPTS:
            generation_requeue(generation_id=generation_id, attempt=attempt)
        else:
            generation_fail(
                generation_id=generation_id, attempt=attempt, error_code="too_many_attempts", now=clock.now()
            )
        logger.warning("generation_lost_its_worker", generation_id=str(generation_id), attempt=attempt)
    return len(lost)


def queues_top_up() -> int:
    """Send the messages that were lost, so that every queued row has one. Returns how many."""
    waiting = (
        Generation.objects.filter(status=GenerationStatus.QUEUED)
        .order_by()
        .values("model__slug")
        .annotate(number=Count("id"))
        .values_list("model__slug", "number")
    )
    return sum(tasks_top_up(slug=slug, num_queued_rows=number) for slug, number in waiting)
