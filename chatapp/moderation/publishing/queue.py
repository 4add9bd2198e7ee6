"""The way to the default worker: the task's name, sent by name, so that nobody imports it."""

import structlog
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError

from chatapp.celery import app
from chatapp.task_table import RULESET_BUILD

logger = structlog.get_logger(__name__)


def build_send() -> None:
    """
    Tell the default worker that a ruleset was published.

    If the message cannot be sent or is lost, processes compile for themselves; the beat sends another.
    """
    try:
        app.send_task(RULESET_BUILD.name, ignore_result=True, retry=False)
    except (BrokerUnavailable, RedisError) as error:
        logger.warning("build_not_sent", error=str(error))
