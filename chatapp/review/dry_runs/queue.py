"""The way to the default worker: the task's name, sent by name, so that nobody imports it."""

import structlog
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError

from chatapp.celery import app
from chatapp.task_table import DRY_RUN

logger = structlog.get_logger(__name__)


def dry_run_send() -> None:
    """Tell the default worker that a dry run waits. Lost or doubled, it costs nothing: the beat sends another."""
    try:
        app.send_task(DRY_RUN.name, ignore_result=True, retry=False)
    except (BrokerUnavailable, RedisError) as error:
        logger.warning("dry_run_not_sent", error=str(error))
