"""
Finds private keys in PEM in a text that arrives a symbol at a time: the header line, then line by line what it heads.

Source: RFC 7468 (textual encodings), OpenSSH's and OpenPGP's header lines.
"""

import re
from collections.abc import Sequence
from copy import copy
from typing import Self

from chatapp.moderation.judging.personal_data.reading import Entity, Span

_KINDS = ("", "RSA ", "EC ", "DSA ", "OPENSSH ", "ENCRYPTED ")
_HEADERS = frozenset(
    {*(f"-----BEGIN {kind}PRIVATE KEY-----" for kind in _KINDS), "-----BEGIN PGP PRIVATE KEY BLOCK-----"}
)
_UNFINISHED = frozenset(header[:length] for header in _HEADERS for length in range(1, len(header)))
_BASE64 = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+/=")
_MAX_LINE = 76
_DASHES = "-----"


class PrivateKeyReader:
    """See reading.Reader."""

    entities = frozenset({Entity.API_KEY})
    needed = re.compile("-----BEGIN")
    starts = frozenset("-")
    starts_in_word = starts

    def __init__(self) -> None:
        self.is_open = False
        self._header = ""
        self._starts: tuple[int, ...] = ()  # by symbol of the header
        self._in_body = False
        self._line_start: int | None = None
        self._line_end = 0

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        return self._starts[0] if self._starts else self._line_start

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:  # noqa: ARG002 (the context is no matter)
        if self._in_body:
            return self._read_body(symbol, position)
        return self._read_header(symbol, position)

    def end(self) -> Sequence[Span]:
        return self._take_line()

    def _read_header(self, symbol: str, position: int) -> Sequence[Span]:
        header, starts = self._header + symbol, (*self._starts, position)
        if header in _HEADERS:
            self._header, self._starts, self._in_body = "", (), True
            return (Span(Entity.API_KEY, starts[0], position + 1),)
        if symbol == "-" and self._header == _DASHES:
            header, starts = _DASHES, starts[1:]
        elif header not in _UNFINISHED:
            header, starts = ("-", (position,)) if symbol == "-" else ("", ())
        self._header, self._starts, self.is_open = header, starts, bool(header)
        return ()

    def _read_body(self, symbol: str, position: int) -> Sequence[Span]:
        """Lines of base64; anything else ends the body, prose too, as its words have spaces between."""
        if symbol in _BASE64:
            if self._line_start is None:
                self._line_start = position
            self._line_end = position + 1
            return self._take_line() if self._line_end - self._line_start >= _MAX_LINE else ()
        if symbol == "\n":
            return self._take_line()
        self._in_body = self.is_open = False
        spans = self._take_line() if symbol == "-" else ()
        self._line_start = None
        return spans

    def _take_line(self) -> Sequence[Span]:
        start, self._line_start = self._line_start, None
        return () if start is None else (Span(Entity.API_KEY, start, self._line_end),)
