"""The way from web to worker: task names, sent by name, so that nobody imports a task. Owns no state; the rows do."""

from functools import partial

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError

from chatapp.celery import app
from chatapp.task_table import GENERATE

logger = structlog.get_logger(__name__)


def queue_name(slug: str) -> str:
    return f"generate.{slug}"


def task_send(*, slug: str) -> None:
    """Tell the model's workers that a row waits. Lost or doubled, it costs nothing: a task claims what it finds."""
    app.send_task(GENERATE, args=[slug], queue=queue_name(slug), ignore_result=True)


def tasks_top_up(*, slug: str, num_queued_rows: int) -> int:
    """Send what is missing so that each queued row has a message. Returns how many were sent."""
    with app.connection_for_read() as connection:
        num_messages = int(connection.default_channel.client.llen(queue_name(slug)))
    num_missing = max(0, num_queued_rows - num_messages)
    for _ in range(num_missing):
        task_send(slug=slug)
    return num_missing


def task_send_after_commit(*, slug: str) -> None:
    """Tell the model's workers once the row is there. Where the broker is away, the reaper tells them later."""
    transaction.on_commit(partial(_task_send_or_warn, slug))


def _task_send_or_warn(slug: str) -> None:
    try:
        task_send(slug=slug)
    except (BrokerUnavailable, RedisError) as error:
        logger.warning("task_not_sent", model=slug, error=str(error))
