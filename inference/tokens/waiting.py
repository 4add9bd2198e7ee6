"""
The line of those who wait to begin: by priority, and then by arrival. Pure.

Sets no limit and starts nobody; whoever shares a line between threads locks it.
"""

from collections.abc import Iterator
from typing import Generic, Protocol, TypeVar


class Waits(Protocol):
    """What can stand in a line. priority: the smaller goes first."""

    @property
    def request_id(self) -> str: ...

    @property
    def priority(self) -> int: ...


_Waiting = TypeVar("_Waiting", bound=Waits)


class WaitingLine(Generic[_Waiting]):
    """Iterates from the first to the last."""

    def __init__(self) -> None:
        self._line: list[_Waiting] = []

    def __len__(self) -> int:
        return len(self._line)

    def __iter__(self) -> Iterator[_Waiting]:
        return iter(self._line)

    def __contains__(self, request_id: str) -> bool:
        return any(waiting.request_id == request_id for waiting in self._line)

    def add(self, waiting: _Waiting) -> None:
        """Behind all of its priority."""
        place = len(self._line)
        while place > 0 and self._line[place - 1].priority > waiting.priority:
            place -= 1
        self._line.insert(place, waiting)

    def first(self) -> _Waiting | None:
        return self._line[0] if self._line else None

    def take_first(self) -> _Waiting | None:
        return self._line.pop(0) if self._line else None

    def remove(self, request_id: str) -> _Waiting | None:
        """Return who left the line."""
        for place, waiting in enumerate(self._line):
            if waiting.request_id == request_id:
                return self._line.pop(place)
        return None

    def clear(self) -> list[_Waiting]:
        """Empty the line; return who stood in it."""
        stood, self._line = self._line, []
        return stood
