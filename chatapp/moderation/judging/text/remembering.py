"""
What was once computed of a character, remembered: of so many that no text makes it grow for ever.

Knows nothing of what is computed.
"""

from collections.abc import Callable
from typing import TypeVar

# Every character that Unicode has would take 150 MB; no honest text uses more than a few thousand.
MAX_REMEMBERED_CHARS = 1 << 16

_Char = TypeVar("_Char", bound=str | int)
_Value = TypeVar("_Value")


class Remembered(dict[_Char, _Value]):
    """A value per character, or per code as `str.translate` asks for it, computed at its first use."""

    def __init__(self, compute: Callable[[_Char], _Value]) -> None:
        super().__init__()
        self._compute = compute

    def __missing__(self, char: _Char) -> _Value:
        value = self._compute(char)
        if len(self) < MAX_REMEMBERED_CHARS:
            self[char] = value
        return value
