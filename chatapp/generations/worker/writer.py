"""
The model worker's one thread that writes to the database, in the order it was asked to.

Owns patience: a locked or restarted database is waited for, as long as the write still matters.
"""

import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, close_old_connections, connection
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

RETRY_S = 0.25


@dataclass(frozen=True, slots=True)
class _Write:
    write: Callable[[], object]
    alive: Callable[[], bool]
    refused: Callable[[], object]


class Writer:
    """Runs writes one after the other. `write` never blocks."""

    def __init__(self) -> None:
        self._writes: queue.SimpleQueue[_Write | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, write: Callable[[], object], *, alive: Callable[[], bool], refused: Callable[[], object]) -> None:
        """Queue a write. Dropped when `alive` says no before it succeeded; `refused` hears that it never will."""
        self._writes.put(_Write(write, alive, refused))

    def close(self) -> None:
        """Finish what is queued and stop."""
        self._writes.put(None)
        self._thread.join(timeout=5.0)
        self._closed.set()

    def _run(self) -> None:
        while (item := self._writes.get()) is not None:
            while item.alive() and not self._try(item):
                self._closed.wait(RETRY_S)
        connection.close()

    @staticmethod
    def _try(item: _Write) -> bool:
        """False where trying again may help."""
        close_old_connections()
        try:
            item.write()
        except (OperationalError, InterfaceError, RedisError) as error:
            logger.warning("write_postponed", error=str(error))
            connection.close()
            return False
        except Exception:  # the thread serves every generation: one that cannot be written must not end it
            logger.exception("write_refused")
            item.refused()
        return True
