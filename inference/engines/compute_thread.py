"""
The one thread in which a model computes, from its loading on.

Each thread that computes gets helpers of its own from the OpenMP runtime, and with more of them than processors they
sleep at every operator instead of waiting: seen on two cores, 60 ms for a step became 88. So loading, the check at load
and serving share a thread. Knows no model.
"""

import queue
import threading
from collections.abc import Callable
from typing import TypeVar

Result = TypeVar("Result")


class ComputeThread:
    """Runs what `call` is given, one after another, until `serve` gives it the work of its life."""

    def __init__(self, name: str) -> None:
        self._work: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call(self, function: Callable[[], Result]) -> Result:
        """Run a function there, wait, and return or raise what it does."""
        outcome: queue.SimpleQueue[tuple[Result | None, BaseException | None]] = queue.SimpleQueue()

        def work() -> None:
            try:
                outcome.put((function(), None))
            except BaseException as failure:  # noqa: BLE001  # raised again by whoever called
                outcome.put((None, failure))

        self._work.put(work)
        result, failure = outcome.get()
        if failure is not None:
            raise failure
        return result  # type: ignore[return-value]  # None only if that is the function's own

    def serve(self, function: Callable[[], None]) -> None:
        """Run a function there for as long as it lasts; the thread ends with it, and a fault goes to the excepthook."""

        def work() -> None:
            self._is_over = True
            function()

        self._work.put(work)

    def end(self) -> None:
        """Let the thread go that was never given anything to serve."""
        self.serve(lambda: None)

    def join(self) -> None:
        """Wait for the end of what it serves; at once if the thread itself asks."""
        if threading.current_thread() is not self._thread:
            self._thread.join()

    def _run(self) -> None:
        while not self._is_over:
            self._work.get()()
