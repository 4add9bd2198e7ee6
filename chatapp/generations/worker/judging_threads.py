"""
Threads beside the relay, for texts whose rules ask what does not answer at once.

The outputs of one session are judged one after the other, those of many sessions at once; what came of them goes back
to the one thread that takes it in. Without this, one answer that waits for its verdict would stop all others.
"""

import queue
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from chatapp.generations.worker.outputs import JudgedOutput, output_judge
from chatapp.generations.worker.session import Session
from chatapp.moderation.judging.lanes import Lane
from inference.types import Output

# As many as answers that are written at once; a thread mostly waits for an answer.
NUM_THREADS = 32


class JudgingThreads:
    """wake: called whenever something is done, from any thread."""

    def __init__(self, *, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._threads = ThreadPoolExecutor(max_workers=NUM_THREADS, thread_name_prefix="judging")
        self._done: queue.SimpleQueue[JudgedOutput] = queue.SimpleQueue()

    def lane(self) -> Lane:
        """For one session."""
        return Lane(self._threads)

    def add(self, lane: Lane, session: Session, output: Output) -> None:
        """Judge it on a thread, after what was added to the lane before."""
        lane.add(partial(self._judge, session, output))

    def done(self) -> list[JudgedOutput]:
        """What is ready to be taken in, in order, each once."""
        ready: list[JudgedOutput] = []
        while True:
            try:
                ready.append(self._done.get_nowait())
            except queue.Empty:
                return ready

    def close(self) -> None:
        """Begin nothing new; what is being judged is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _judge(self, session: Session, output: Output) -> None:
        self._done.put(output_judge(session, output))
        self._wake()
