"""Work that is done on threads of a pool, but in the order in which it came. Knows nothing of what it runs."""

import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor


class Lane:
    """One order, for as long as it lives; takes a thread only while there is work. Work raises nothing."""

    def __init__(self, threads: Executor) -> None:
        self._threads = threads
        self._lock = threading.Lock()
        self._waiting: deque[Callable[[], None]] = deque()
        self._has_thread = False

    def add(self, work: Callable[[], None]) -> None:
        """Do it after all that was added before."""
        with self._lock:
            self._waiting.append(work)
            if self._has_thread:
                return
            self._has_thread = True
        self._threads.submit(self._run)

    def _run(self) -> None:
        while (work := self._next()) is not None:
            work()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            if self._waiting:
                return self._waiting.popleft()
            self._has_thread = False
            return None
