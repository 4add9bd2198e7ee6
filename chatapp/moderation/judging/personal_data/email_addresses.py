"""
Finds e-mail addresses in a text that arrives a symbol at a time. Owns the grammar; knows no rule.

A word is no local part before its "@" is read, so every word is alive until it ends: at most one word is held.
Source: RFC 5321 §4.5.3.1 (lengths); the local parts that mail providers issue, which is less than RFC 5322 allows.
"""

import re
from collections.abc import Sequence
from copy import copy
from string import ascii_letters, digits
from typing import Self

from chatapp.moderation.judging.personal_data.reading import Entity, Span

_MAX_LOCAL = 64
_MAX_DOMAIN = 253
_LETTERS = ascii_letters + digits
_FIRST = frozenset(_LETTERS + "_")
_LOCAL = frozenset(_LETTERS + "_.+-%")
_IN_DOMAIN = frozenset(_LETTERS + ".-")

_DOMAIN = re.compile(r"(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+(?:xn--[a-z0-9-]{1,59}|([a-z]{2,24}))", re.IGNORECASE)
# "icon@2x.png" is a file. None of these is a top-level domain.
_FILE_ENDINGS = frozenset(
    {"png", "jpg", "jpeg", "gif", "svg", "webp", "bmp", "ico", "css", "js", "ts", "json", "html", "htm", "xml", "yml"}
    | {"yaml", "txt", "pdf", "tar", "gz"}
)


class EmailReader:
    """See reading.Reader."""

    entities = frozenset({Entity.EMAIL})
    needed = re.compile("@[a-zA-Z0-9]")
    starts = _FIRST
    starts_in_word: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.is_open = False
        self._start: int | None = None
        self._num_local = 0  # symbols before the "@"
        self._last = ""
        self._domain: str | None = None  # after the "@"; None before it
        self._ends: tuple[int, ...] = ()  # by symbol of the domain: where the span would end with it
        self._dead = False

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        return None if self._dead else self._start

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:  # noqa: ARG002 (the context is no matter)
        if self._domain is not None:
            return self._read_domain(symbol, position)
        if self._start is not None and symbol in _FIRST:  # nearly always
            self._num_local += 1
            self._last = symbol
            self._dead = self._num_local > _MAX_LOCAL
        elif symbol in _LOCAL:
            self._lengthen(symbol, position)
        elif symbol == "@" and self._start is not None and self._last != ".":
            self._domain, self._ends = "", ()
        else:
            self._forget()
        return ()

    def end(self) -> Sequence[Span]:
        return self._judge()

    def _lengthen(self, symbol: str, position: int) -> None:
        if self._start is None or symbol == self._last == ".":
            # Two full stops end a word, and what follows may begin an address.
            self._start = position if symbol in _FIRST else None
            self._num_local, self._dead = 0, False
        self._num_local += 1
        self._last = symbol
        self._dead = self._num_local > _MAX_LOCAL
        self.is_open = True

    def _read_domain(self, symbol: str, position: int) -> Sequence[Span]:
        domain = self._domain or ""
        if symbol in _IN_DOMAIN:
            if len(domain) < _MAX_DOMAIN:
                self._domain, self._ends = domain + symbol, (*self._ends, position + 1)
            else:
                self._dead = True
            return ()
        spans = self._judge()
        if symbol == "@" and not spans and domain and self._ends:
            self._read_domain_as_local(domain)
        else:
            self._forget()
        return spans

    def _read_domain_as_local(self, domain: str) -> None:
        """Of a@b@c.org only b@c.org is an address."""
        starts = [end - 1 for symbol, end in zip(domain, self._ends, strict=True) if symbol in _FIRST]
        self._start = starts[0] if starts else None
        self._dead = self._start is None or len(domain) > _MAX_LOCAL or domain[-1] == "."
        self._domain, self._ends = "", ()

    def _judge(self) -> Sequence[Span]:
        if self._dead or self._start is None or not self._domain:
            return ()
        found = _DOMAIN.match(self._domain)
        if found is None or (found[1] or "").lower() in _FILE_ENDINGS:
            return ()
        return (Span(Entity.EMAIL, self._start, self._ends[found.end() - 1]),)

    def _forget(self) -> None:
        self._start, self._num_local, self._last = None, 0, ""
        self._domain, self._ends, self._dead, self.is_open = None, (), False, False
