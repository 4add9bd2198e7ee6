"""
Threads beside the relay, for texts whose rules ask what does not answer at once. Knows no gate.

The pieces of one text are judged one after the other, those of many texts at once; what came of them goes back to the
one thread that takes it in. Without this, one answer that waits for its verdict would stop all others.
"""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from chatapp.moderation.judging.lanes import Lane

_Result = TypeVar("_Result")

# As many as answers that are written at once; a thread mostly waits for an answer.
NUM_THREADS = 32


class JudgingThreads:
    """wake: called whenever something is done, from any thread."""

    def __init__(self, *, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._threads = ThreadPoolExecutor(max_workers=NUM_THREADS, thread_name_prefix="judging")
        self._done: queue.SimpleQueue[tuple[str, Callable[[], None]]] = queue.SimpleQueue()

    def lane(self) -> Lane:
        """For one text."""
        return Lane(self._threads)

    def add(self, lane: Lane, key: str, judge: Callable[[], _Result], take: Callable[[_Result], None]) -> None:
        """
        Call `judge` on a thread, after what was added to the lane before.

        `take` gets its result from whoever calls what `done` returns, and a failure is raised there.
        """
        lane.add(partial(self._judge, key, judge, take))

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

    def _judge(self, key: str, judge: Callable[[], _Result], take: Callable[[_Result], None]) -> None:
        try:
            taking: Callable[[], None] = partial(take, judge())
        except Exception as error:  # noqa: BLE001  # raised again where the result is taken in
            taking = partial(_raise, error)
        self._done.put((key, taking))
        self._wake()


def _raise(error: Exception) -> None:
    raise error
