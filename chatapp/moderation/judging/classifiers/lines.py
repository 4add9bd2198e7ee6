"""
How a rule's points are weighed: at once, or behind the text on another thread. Owns who waits for whom, scores nothing.

A rule that holds text is weighed at once: the sentence waits for it. One that trails may be one point behind: a reader
is at most a sentence ahead of its verdict. One that takes nothing away is waited for only where the text ends.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from typing import Protocol

from chatapp.moderation.judging.classifiers.point import Point
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule, Outcome, RuleReading, outcome_of
from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.lanes import Lane

# As many as answers that are written at once; a thread only waits for an answer.
_MAX_THREADS = 32
_MOST_BEHIND = 1


class Line(Protocol):
    """One rule's points, in order. One thread at a time."""

    @property
    def reading(self) -> RuleReading:
        """As far as it was weighed; of no use while points are open."""

    def add(self, point: Point) -> None: ...

    def take(self) -> Sequence[Outcome]:
        """What has come out since the last time, and waits for what is due."""

    def close(self) -> tuple[Sequence[Outcome], Sequence[Found]]:
        """The text is over: wait for all that is open; what came out, and what was suspected to the end."""

    def copy(self) -> "Line": ...


def line_for(rule: ClassifierRule) -> Line:
    if not rule.waits or rule.holds_text:
        return LineAtOnce(RuleReading(rule))
    return LineBehind(RuleReading(rule), most_open=_MOST_BEHIND if rule.holds else None)


class LineAtOnce:
    """See Line."""

    def __init__(self, reading: RuleReading, outcomes: Sequence[Outcome] = ()) -> None:
        self.reading = reading
        self._outcomes = list(outcomes)

    def add(self, point: Point) -> None:
        self._outcomes.append(outcome_of(self.reading, point))

    def take(self) -> Sequence[Outcome]:
        outcomes, self._outcomes = self._outcomes, []
        return outcomes

    def close(self) -> tuple[Sequence[Outcome], Sequence[Found]]:
        return self.take(), self.reading.close()

    def copy(self) -> "LineAtOnce":
        return LineAtOnce(self.reading.copy(), self._outcomes)


class LineBehind:
    """See Line. most_open: how many points may be unanswered when `take` returns; None: any number."""

    def __init__(self, reading: RuleReading, outcomes: Sequence[Outcome] = (), *, most_open: int | None) -> None:
        self.reading = reading
        self._most_open = most_open
        self._lane = Lane(_threads())
        self._changed = threading.Condition()  # guards what follows
        self._num_open = 0
        self._outcomes = list(outcomes)
        self._fault: BaseException | None = None

    def add(self, point: Point) -> None:
        with self._changed:
            self._num_open += 1
        self._lane.add(partial(self._weigh, point))

    def take(self) -> Sequence[Outcome]:
        return self._taken(self._most_open)

    def close(self) -> tuple[Sequence[Outcome], Sequence[Found]]:
        return self._taken(0), self.reading.close()

    def copy(self) -> "LineBehind":
        with self._changed:
            self._wait(0)
            return LineBehind(self.reading.copy(), self._outcomes, most_open=self._most_open)

    def _taken(self, most_open: int | None) -> Sequence[Outcome]:
        with self._changed:
            self._wait(most_open)
            outcomes, self._outcomes = self._outcomes, []
            return outcomes

    def _wait(self, most_open: int | None) -> None:
        if most_open is not None:
            self._changed.wait_for(lambda: self._num_open <= most_open)
        if self._fault is not None:
            raise self._fault

    def _weigh(self, point: Point) -> None:
        outcome, fault = None, None
        try:
            outcome = outcome_of(self.reading, point)
        except Exception as error:  # noqa: BLE001  # whoever takes hears of it
            fault = error
        with self._changed:
            self._num_open -= 1
            self._fault = self._fault or fault
            if outcome is not None:
                self._outcomes.append(outcome)
            self._changed.notify_all()


@cache
def _threads() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(max_workers=_MAX_THREADS, thread_name_prefix="asking")
