"""
Finds IBANs in a text that arrives a symbol at a time: as one word, or in fours with a space or a hyphen between.

The country says how long one is, so it is decided one symbol after its last. Checksum and lengths: checksums.py.
"""

import re
from collections.abc import Sequence
from copy import copy
from typing import NamedTuple, Self

from chatapp.moderation.judging.personal_data.checksums import IBAN_LENGTHS, is_iban
from chatapp.moderation.judging.personal_data.reading import Entity, Span

_COUNTRY_STARTS = frozenset(country[0] for country in IBAN_LENGTHS)
_NUM_COUNTRY_LETTERS = 2
_NUM_HEAD = 4  # country and check digits
_GROUP = 4


class _Candidate(NamedTuple):
    """separator: between its groups; "" if there is none; None while it may still be either."""

    start: int
    end: int
    text: str
    separator: str | None = None
    after_separator: bool = False

    @property
    def length(self) -> int:
        return IBAN_LENGTHS[self.text[:_NUM_COUNTRY_LETTERS]]

    @property
    def is_complete(self) -> bool:
        return len(self.text) == self.length

    def grown(self, symbol: str, position: int) -> "_Candidate | None":
        """The candidate with one more symbol; None if it is none any more."""
        if symbol in (" ", "-"):
            return self._parted(symbol)
        text = self.text + symbol.upper()
        fits = len(text) <= self.length and (len(text) > _NUM_HEAD or symbol in "0123456789")
        separator = "" if self.separator is None and len(text) > _GROUP else self.separator
        return _Candidate(self.start, position + 1, text, separator) if fits else None

    def _parted(self, symbol: str) -> "_Candidate | None":
        at_seam = len(self.text) % _GROUP == 0 and not self.after_separator and self.separator in (None, symbol)
        return self._replace(separator=symbol, after_separator=True) if at_seam else None


class IbanReader:
    """See reading.Reader."""

    entities = frozenset({Entity.IBAN})
    needed = re.compile(r"[^\W\d_]{2}[0-9]{2}")  # country and check digits
    starts = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
    starts_in_word: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.is_open = False
        self._candidates: tuple[_Candidate, ...] = ()
        self._first = ""  # the first letter of a word, if it may be a country's
        self._first_position = 0

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        if self._candidates:
            return self._candidates[0].start
        return self._first_position if self._first else None

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:
        spans = self._grow(symbol, position) if self._candidates else ()
        country, self._first = self._first + symbol, ""
        if country.upper() in IBAN_LENGTHS:
            self._candidates = (*self._candidates, _Candidate(self._first_position, position + 1, country.upper()))
        elif symbol.upper() in _COUNTRY_STARTS and not _in_word(recent[-1]):
            self._first, self._first_position = symbol, position
        self.is_open = bool(self._candidates or self._first)
        return spans

    def _grow(self, symbol: str, position: int) -> Sequence[Span]:
        spans = () if _in_word(symbol) else self._complete()
        grown = (candidate.grown(symbol, position) for candidate in self._candidates)
        self._candidates = tuple(candidate for candidate in grown if candidate)
        return spans

    def end(self) -> Sequence[Span]:
        return self._complete()

    def _complete(self) -> tuple[Span, ...]:
        """The word is over: complete candidates are an IBAN or nothing."""
        complete = [candidate for candidate in self._candidates if candidate.is_complete]
        self._candidates = tuple(candidate for candidate in self._candidates if not candidate.is_complete)
        return tuple(Span(Entity.IBAN, c.start, c.end) for c in complete if is_iban(c.text))


def _in_word(symbol: str) -> bool:
    return symbol.isalnum() and symbol.isascii()
