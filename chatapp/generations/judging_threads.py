"""
Threads beside the relay, for texts whose rules ask what does not answer at once. Owns order; knows no gate.

The pieces of one text are judged one after the other, those of many texts at once; what came of them goes back to the
one thread that takes it in. Without this, one answer that waits for its verdict would stop all others.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

_Result = TypeVar("_Result")
_Work = Callable[[], Callable[[], None]]

# As many as answers that are written at once; a thread mostly waits for an answer.
NUM_THREADS = 32


class JudgingThreads:
    """wake: called whenever something is done, from any thread."""

    def __init__(self, *, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._threads = ThreadPoolExecutor(max_workers=NUM_THREADS, thread_name_prefix="judging")
        self._lock = threading.Lock()
        self._waiting: dict[str, deque[_Work]] = {}  # by text; a text that is here has a thread
        self._done: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()

    def add(self, key: str, judge: Callable[[], _Result], take: Callable[[_Result], None]) -> None:
        """
        Call `judge` on a thread, after what was added before with this key.

        `take` gets its result from whoever calls what `done` returns, and a failure is raised there.
        """
        with self._lock:
            has_thread = key in self._waiting
            self._waiting.setdefault(key, deque()).append(partial(_worked, judge, take))
        if not has_thread:
            self._threads.submit(self._run, key)

    def done(self) -> list[tuple[str, Callable[[], None]]]:
        """By its key, what is ready to be taken in, in order, each once."""
        ready: list[tuple[str, Callable[[], None]]] = []
        while True:
            try:
                ready.append(self._done.get_nowait())
            except queue.Empty:
                return ready

    def close(self) -> None:
        """Begin nothing new; what is being judged is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _run(self, key: str) -> None:
        while (work := self._next(key)) is not None:
            self._done.put((key, work()))
            self._wake()

    def _next(self, key: str) -> _Work | None:
        with self._lock:
            if self._waiting[key]:
                return self._waiting[key].popleft()
            del self._waiting[key]
            return None


def _worked(judge: Callable[[], _Result], take: Callable[[_Result], None]) -> Callable[[], None]:
    try:
        return partial(take, judge())
    except Exception as error:  # noqa: BLE001  # raised again where the result is taken in
        return partial(_raise, error)


def _raise(error: Exception) -> None:
    raise error
