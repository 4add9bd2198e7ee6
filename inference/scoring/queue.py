"""
Gathers what many threads ask one model into batches. Owns the thread that computes, whose turn it is, and who waits.

Knows no model: `answer` is a guard's `labels`, an embedding model's `embed`, or anything else that takes many at once.
Nobody waits for a batch to fill: whoever finds the model idle is answered at once, and what comes meanwhile is the
next batch.
"""

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from inference.errors import EngineClosed, EngineError, QueueFull, StepFailed
from inference.scoring.asking import ScoreInvalid, ScoringTimedOut
from inference.scoring.batches import MAX_BATCH_ROWS

Asked = TypeVar("Asked")
Answered = TypeVar("Answered")

# Each waiting call is a thread that holds a stream or a message; more than this are not served in any patience.
MAX_WAITING = 256


class ScoringQueue(Generic[Asked, Answered]):
    """
    Asks `answer` about at most `max_batch` texts at once, on a thread of its own; safe for many threads.

    Fair: a batch takes one text of each waiting call in turn, so that a call with many delays no other for long.
    """

    def __init__(
        self,
        answer: Callable[[Sequence[Asked]], Sequence[Answered]],
        *,
        name: str = "scoring",
        max_batch: int = MAX_BATCH_ROWS,
        max_waiting: int = MAX_WAITING,
    ) -> None:
        self._answer = answer
        self._max_batch, self._max_waiting = max_batch, max_waiting
        self._changed = threading.Condition()  # guards what follows, and every call
        self._waiting: deque[_Call[Asked, Answered]] = deque()  # with texts that were in no batch yet
        self._running: list[_Call[Asked, Answered]] = []
        self._is_closed = False
        self._thread = threading.Thread(target=self._serve, name=f"{name}-queue", daemon=True)
        self._thread.start()

    def ask(self, text: Asked, *, timeout_s: float) -> Answered:
        """:raises EngineError: as `ask_all`."""
        return self.ask_all([text], timeout_s=timeout_s)[0]

    def ask_all(self, texts: Sequence[Asked], *, timeout_s: float) -> list[Answered]:
        """
        Wait for the answers to all of these, in order.

        :raises ScoringTimedOut: if they are not there in time; what was not begun is never computed.
        :raises QueueFull: if too many calls wait already.
        :raises EngineClosed: once the queue is closed.
        :raises EngineError: what `answer` raised about one of these texts; other failures of it as StepFailed.
        """
        call: _Call[Asked, Answered] = _Call(texts)
        deadline_s = time.monotonic() + timeout_s
        with self._changed:
            self._enter(call)
            while not call.is_over:
                left_s = deadline_s - time.monotonic()
                if left_s <= 0:
                    self._end(call, ScoringTimedOut(f"no answer about {len(texts)} texts in {timeout_s:g} s"))
                    break
                self._changed.wait(left_s)
        if call.error is not None:
            raise call.error
        return [call.answers[place] for place in range(len(texts))]

    def close(self) -> None:
        """Wake every caller with EngineClosed; a batch under way is computed to its end and thrown away."""
        with self._changed:
            self._is_closed = True
            for call in (*self._waiting, *self._running):
                self._end(call, EngineClosed("the scoring queue is closed"))
            self._changed.notify_all()
        self._thread.join()

    def _enter(self, call: "_Call[Asked, Answered]") -> None:
        if self._is_closed:
            raise EngineClosed("the scoring queue is closed")
        if len(self._waiting) >= self._max_waiting:
            raise QueueFull(max_waiting=self._max_waiting)
        if call.has_more:
            self._waiting.append(call)
            self._changed.notify_all()

    def _end(self, call: "_Call[Asked, Answered]", error: EngineError) -> None:
        call.fail(error)
        if call in self._waiting:
            self._waiting.remove(call)

    def _serve(self) -> None:
        while batch := self._next_batch():
            self._compute(batch)
            with self._changed:
                self._running = []

    def _next_batch(self) -> "list[_Place[Asked, Answered]]":
        """Wait for texts and take one of each call in turn; empty once the queue is closed."""
        batch: list[_Place[Asked, Answered]] = []
        with self._changed:
            while not (self._waiting or self._is_closed):
                self._changed.wait()
            while self._waiting and len(batch) < self._max_batch:
                call = self._waiting.popleft()
                batch.append((call, call.take()))
                if call.has_more:
                    self._waiting.append(call)
            self._running = [call for call, _ in batch]
        return batch

    def _compute(self, batch: "Sequence[_Place[Asked, Answered]]") -> None:
        """Halve a batch that fails until only the texts are left that fail alone."""
        wanted = [(call, place) for call, place in batch if not call.is_over]
        if not wanted:
            return
        try:
            answers = self._answered([call.texts[place] for call, place in wanted])
        except Exception as failure:  # noqa: BLE001  # whatever a model raises is its caller's, never the thread's
            if len(wanted) == 1:
                self._fail(wanted[0][0], failure)
                return
            middle = len(wanted) // 2
            self._compute(wanted[:middle])
            self._compute(wanted[middle:])
        else:
            self._settle(wanted, answers)

    def _answered(self, texts: Sequence[Asked]) -> Sequence[Answered]:
        answers = self._answer(texts)
        if len(answers) != len(texts):
            raise ScoreInvalid(f"{len(texts)} texts got {len(answers)} answers")
        return answers

    def _settle(self, batch: "Sequence[_Place[Asked, Answered]]", answers: Sequence[Answered]) -> None:
        with self._changed:
            for (call, place), answer in zip(batch, answers, strict=True):
                call.answers[place] = answer
            self._changed.notify_all()

    def _fail(self, call: "_Call[Asked, Answered]", failure: Exception) -> None:
        with self._changed:
            self._end(call, failure if isinstance(failure, EngineError) else StepFailed.by(failure))
            self._changed.notify_all()


class _Call(Generic[Asked, Answered]):
    """One caller's texts and what is known of them. Guarded by its queue's lock."""

    def __init__(self, texts: Sequence[Asked]) -> None:
        self.texts = texts
        self.answers: dict[int, Answered] = {}  # by the text's place
        self.error: EngineError | None = None
        self._num_taken = 0

    @property
    def has_more(self) -> bool:
        return self._num_taken < len(self.texts)

    @property
    def is_over(self) -> bool:
        return self.error is not None or len(self.answers) == len(self.texts)

    def take(self) -> int:
        """The place of the next text that was in no batch yet."""
        self._num_taken += 1
        return self._num_taken - 1

    def fail(self, error: EngineError) -> None:
        if not self.is_over:
            self.error = error


_Place = tuple[_Call[Asked, Answered], int]
