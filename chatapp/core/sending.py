"""
Tasks, sent by name, so that whoever sends imports none.

Owns no task's name (chatapp/task_table.py) and no state: the rows say what is to be done.
"""

from collections.abc import Sequence
from functools import partial

import structlog
from django.db import transaction
from kombu.exceptions import OperationalError as BrokerUnavailable
from redis.exceptions import RedisError

from chatapp.celery import app

logger = structlog.get_logger(__name__)


def task_send(name: str, *, args: Sequence[str] = (), queue: str | None = None) -> None:
    """
    Send it now; with no queue named it is the default worker's.

    :raises BrokerUnavailable, RedisError: where the broker is away.
    """
    app.send_task(name, args=args, queue=queue, ignore_result=True)


def task_send_after_commit(name: str, *, args: Sequence[str] = (), queue: str | None = None) -> None:
    """
    Send a task once the rows are there that it is about.

    Where the broker is away this only warns: what the clock asks for looks at the rows and sends it later.
    """
    transaction.on_commit(partial(_send_or_warn, name, args, queue))


def _send_or_warn(name: str, args: Sequence[str], queue: str | None) -> None:
    try:
        task_send(name, args=args, queue=queue)
    except (BrokerUnavailable, RedisError) as error:
        logger.warning("task_not_sent", task=name, queue=queue, error=str(error))
