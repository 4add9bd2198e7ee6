"""
The model worker's one thread that writes to the database, in the order it was asked to.

Owns patience: a locked or restarted database is waited for, as long as the write still matters.
"""

import queue
import threading
from collections.abc import Callable

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection
from redis.exceptions import RedisError

logger = structlog.get_logger(__name__)

RETRY_S = 0.25


class Writer:
    """Runs writes one after the other. `write` never blocks."""

    def __init__(self) -> None:
        self._writes: queue.SimpleQueue[tuple[Callable[[], object], Callable[[], bool]] | None] = queue.SimpleQueue()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def write(self, write: Callable[[], object], *, alive: Callable[[], bool]) -> None:
        """Queue a write; it is dropped when `alive` says no before it succeeded."""
        self._writes.put((write, alive))

    def close(self) -> None:
        """Finish what is queued and stop."""
        self._writes.put(None)
        self._thread.join(timeout=5.0)
        self._closed.set()

    def _run(self) -> None:
        while (item := self._writes.get()) is not None:
            write, alive = item
            while alive() and not self._try(write):
                self._closed.wait(RETRY_S)
        connection.close()

    @staticmethod
    def _try(write: Callable[[], object]) -> bool:
        """False where trying again may help."""
        close_old_connections()
        try:
            write()
        except (OperationalError, InterfaceError, RedisError) as error:
            logger.warning("write_postponed", error=str(error))
            connection.close()
            return False
        except DatabaseError:
            logger.exception("write_refused")
        return True
