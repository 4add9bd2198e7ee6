"""
Finds IPv6 addresses in a text that arrives a symbol at a time. IPv4 is a row of numbers: number_groups.py.

Source: RFC 4291 §2.2 (text form), as the standard library reads it.
"""

import re
from collections.abc import Sequence
from copy import copy
from ipaddress import IPv6Address
from typing import Self

from chatapp.moderation.judging.personal_data.reading import Entity, Span

_MAX_LENGTH = 45  # eight groups of four, or six and an IPv4 address
_SYMBOLS = frozenset("0123456789abcdefABCDEF:.")
# "a::b" and "::" are addresses too, and far more often something else.
_MIN_COLONS = 3


class Ip6Reader:
    """See reading.Reader."""

    entities = frozenset({Entity.IP})
    needed = re.compile(r":[0-9a-fA-F.]*:[0-9a-fA-F.]*:")
    starts = _SYMBOLS - {"."}
    starts_in_word: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.is_open = False
        self._start = 0
        self._text = ""
        self._ends: tuple[int, ...] = ()
        self._num_in_group = 0

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        return self._start if self.is_open else None

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:
        if not self.is_open:
            if not recent[-1] == symbol == ":":
                self._begin(symbol, position)
            return ()
        if self._text == ":" and symbol in _SYMBOLS - {":", "."}:
            self._begin(symbol, position)  # a colon before an address, not of it
            return ()
        if symbol in _SYMBOLS:
            self._lengthen(symbol, position)
            return ()
        spans = self._judge() if not (symbol.isascii() and symbol.isalnum()) else ()
        self.is_open = False
        return spans

    def end(self) -> Sequence[Span]:
        return self._judge() if self.is_open else ()

    def _begin(self, symbol: str, position: int) -> None:
        self.is_open = True
        self._start, self._text, self._ends = position, symbol, (position + 1,)
        self._num_in_group = int(symbol != ":")

    def _lengthen(self, symbol: str, position: int) -> None:
        self._text, self._ends = self._text + symbol, (*self._ends, position + 1)
        self._num_in_group = 0 if symbol in ":." else self._num_in_group + 1
        is_dead = self._num_in_group > len("ffff") or len(self._text) > _MAX_LENGTH or ":::" in self._text
        self.is_open = not is_dead

    def _judge(self) -> Sequence[Span]:
        text = self._text.rstrip(".")
        if text.endswith(":") and not text.endswith("::"):
            text = text[:-1]
        if text.count(":") < _MIN_COLONS or not any(map(str.isdecimal, text)) or not _is_ip6(text):
            return ()
        return (Span(Entity.IP, self._start, self._ends[len(text) - 1]),)


def _is_ip6(text: str) -> bool:
    try:
        IPv6Address(text)
    except ValueError:
        return False
    return True
