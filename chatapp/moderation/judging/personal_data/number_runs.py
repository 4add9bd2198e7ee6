"""
Reads rows of digit groups from a text that arrives a symbol at a time. Owns where a row begins and ends, and when the
front of it is decided; what the groups mean is number_groups.py's business.

A row is groups of digits with one of a few separators between them. It is judged when it ends, or from the front once
it is longer than any number may be, so a list of a thousand numbers holds no more than a few of them.
"""

import re
from collections.abc import Iterator, Sequence
from copy import copy
from typing import NamedTuple, Self

from chatapp.moderation.judging.personal_data.checksums import CN_ID_LENGTH
from chatapp.moderation.judging.personal_data.number_context import WINDOW, is_in_code, is_tag, says_phone_after
from chatapp.moderation.judging.personal_data.number_groups import (
    MAX_DIGITS,
    MAX_GROUPS,
    Group,
    Reading,
    Row,
    read_first,
    start_of,
)
from chatapp.moderation.judging.personal_data.reading import Entity, Span

_SEPARATORS = frozenset(
    {" ", "-", ".", "(", ")", " (", ") ", ")-", "-(", " )", "x", " x", " ext ", " ext. ", "ext", " ext", "转", " 转 "}
)
_OPENINGS = frozenset({"+", "(", "(+"})
_GLUE_LEFT = frozenset("_$€£¥￥+*^&%")
_GLUE_RIGHT = frozenset("_%°^*")

# Enough to know every number that begins in the first groups; then the front is decided.
_MAX_ROW_DIGITS = 3 * MAX_DIGITS
_MAX_ROW_GROUPS = 3 * MAX_GROUPS

_MAX_SYMBOLS_AFTER = 14  # "number" and the word behind it: " - telephone"


def _prefixes(texts: frozenset[str]) -> frozenset[str]:
    return frozenset(text[:length] for text in texts for length in range(1, len(text) + 1))


_BETWEEN = _prefixes(_SEPARATORS)


class _Waiting(NamedTuple):
    """A row's last number, if the word that follows says so."""

    span: Span
    after: str


class NumberReader:
    """See reading.Reader."""

    entities = frozenset({Entity.PHONE, Entity.CN_ID, Entity.BANK_CARD, Entity.US_SSN, Entity.IP})
    # Four digits, as an IP address has at least, with no more between two than the longest of _SEPARATORS.
    needed = re.compile("[0-9](?:[^0-9]{0,6}[0-9]){3}")
    starts = frozenset("0123456789+(")
    starts_in_word = starts

    def __init__(self) -> None:
        self.is_open = False
        self._groups: tuple[Group, ...] = ()
        self._before = ""  # the text before the row
        self._starts_bare = True
        self._whole = True
        self._in_code = False  # the row is part of an IBAN, or of what would be one but for its checksum
        self._digits = ""  # of the group under way
        self._dead = False  # the group under way is no part of any number
        self._lead = self._plus = self._end = 0
        self._opened_with = ""  # the separator before the group under way
        self._between = ""  # since the last digit, or an opening that no digit has followed yet
        self._between_starts: tuple[int, ...] = ()
        self._in_row = False
        self._waiting: _Waiting | None = None

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        if self._waiting:
            return self._waiting.span.start
        if self._groups:
            return self._groups[0].lead
        if self._in_row and self._digits and not self._dead:
            return self._lead
        return self._between_starts[0] if self._opens() else None

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:
        spans = self._wait(symbol) if self._waiting else []
        if symbol in "0123456789":
            spans += self._digit(symbol, position, recent)
        elif self._in_row and self._goes_on(symbol, position):
            pass
        else:
            if self._in_row:
                spans += self._close(symbol)
            self._open(symbol, position)
        self.is_open = self._in_row or self._between != "" or self._waiting is not None
        return spans

    def end(self) -> Sequence[Span]:
        spans = self._decide_waiting() if self._waiting else []
        if self._in_row:
            spans += self._close("")
        return [*spans, *self._decide_waiting()]

    def _opens(self) -> bool:
        """Whether what was read last may be the beginning of a number: "+", "(", "(+"."""
        return bool(self._between) and (not self._in_row or self._between.strip(" -") in _OPENINGS)

    def _open(self, symbol: str, position: int) -> None:
        """Outside a row: take in an opening, forget one that goes wrong."""
        if self._between + symbol in _OPENINGS:
            self._between, self._between_starts = self._between + symbol, (*self._between_starts, position)
        elif symbol in _OPENINGS:
            self._between, self._between_starts = symbol, (position,)
        else:
            self._between, self._between_starts = "", ()

    def _digit(self, digit: str, position: int, recent: Sequence[str]) -> list[Span]:
        if self._in_row and not self._between:
            return self._lengthen(digit, position)
        spans: list[Span] = []
        if self._in_row and self._between not in _SEPARATORS:
            spans = self._close("")
        if not self._in_row:
            self._begin_row(recent)
        elif self._digits:
            self._finish_group()
        spans += self._decide_front()
        self._begin_group(digit, position)
        return spans

    def _begin_row(self, recent: Sequence[str]) -> None:
        num_recent = len(recent) - len(self._between)
        before = "".join(recent[max(0, num_recent - WINDOW) : num_recent])
        self._in_row, self._groups, self._before, self._whole = True, (), before, True
        self._starts_bare = not _glued_left(before) or is_tag(before)
        self._in_code = is_in_code(before)

    def _begin_group(self, digit: str, position: int) -> None:
        opening = len(self._between) - len(self._between.rstrip("+("))
        self._lead = self._between_starts[-opening] if opening else position
        self._plus = self._between_starts[-1] if self._between.endswith("+") else position
        self._opened_with, self._between, self._between_starts = self._between, "", ()
        self._digits, self._end, self._dead = digit, position + 1, False
        if self._in_code or (not self._groups and not self._starts_bare and self._whole):
            self._dead, self._whole = True, False

    def _lengthen(self, digit: str, position: int) -> list[Span]:
        self._end = position + 1
        if self._dead:
            return []
        self._digits += digit
        if len(self._digits) <= MAX_DIGITS:
            return []
        spans = list(self._decide(self._row(self._groups_before(), ends_bare=True, whole=False)))
        self._dead, self._whole, self._groups = True, False, ()
        return spans

    def _row(self, groups: Sequence[Group], *, ends_bare: bool, whole: bool) -> Row:
        return Row(groups, self._before, self._starts_bare, ends_bare, whole)

    def _groups_before(self) -> tuple[Group, ...]:
        """Those before a group that is too long for anything, unless the last is torn from it."""
        return self._groups if " " in self._opened_with else self._groups[:-1]

    def _finish_group(self) -> None:
        if not self._dead:
            group = Group(self._digits, self._opened_with, self._lead, self._plus, self._end)
            self._groups = (*self._groups, group)
        self._digits = ""

    def _goes_on(self, symbol: str, position: int) -> bool:
        """Whether the row may go on after this separator."""
        grown = self._between + symbol.lower()
        if grown not in _BETWEEN:
            return False
        self._between, self._between_starts = grown, (*self._between_starts, position)
        return True

    def _close(self, symbol: str) -> list[Span]:
        """The row is over; `symbol` follows it, or nothing."""
        self._take_check_character(symbol)
        ends_bare = self._between != "" or not _glued_right(symbol)
        if self._between.startswith("x") or (self._between == "." and symbol.isalpha()):
            ends_bare = False
        self._finish_group()
        spans = list(self._decide(self._row(self._groups, ends_bare=ends_bare, whole=self._whole)))
        if self._waiting:
            self._waiting = self._waiting._replace(after=self._between + symbol)
        carried = self._opens()
        self._in_row, self._groups, self._dead = False, (), False
        if carried:
            opening = self._between.lstrip(" -")
            self._between, self._between_starts = opening, self._between_starts[-len(opening) :]
        else:
            self._between, self._between_starts = "", ()
        return spans

    def _take_check_character(self, symbol: str) -> None:
        """A last X is the 18th digit of an ID card unless digits or letters follow."""
        num_digits = sum(len(group.digits) for group in self._groups[-4:]) + len(self._digits)
        follows = self._between[1:] or symbol
        if self._between[:1] == "x" and num_digits >= CN_ID_LENGTH - 1 and not _glued_right(follows[:1]):
            self._digits += "X"
            self._end = self._between_starts[0] + 1
            self._between, self._between_starts = self._between[1:], self._between_starts[1:]

    def _decide_front(self) -> list[Span]:
        """Decide the first groups of a row that has grown longer than what begins there may be."""
        spans: list[Span] = []
        while len(self._groups) > _MAX_ROW_GROUPS or sum(len(g.digits) for g in self._groups) > _MAX_ROW_DIGITS:
            row = self._row(self._groups, ends_bare=False, whole=False)
            reading = read_first(row)
            spans += _spans(self._groups, reading)
            self._groups = self._groups[reading.num_groups if reading else 1 :]
            self._whole, self._starts_bare = False, True
        return spans

    def _decide(self, row: Row) -> Iterator[Span]:
        while row.groups:
            reading = read_first(row)
            if reading and reading.needs_word:
                self._waiting = _Waiting(_spans(row.groups, reading)[0], "")
            else:
                yield from _spans(row.groups, reading)
            rest = row.groups[reading.num_groups if reading else 1 :]
            row = row._replace(groups=rest, whole=False, starts_bare=True)

    def _wait(self, symbol: str) -> list[Span]:
        """Take in what follows a number until its first word is over."""
        if self._waiting is None:
            return []
        after = self._waiting.after
        is_over = after[-1:].isalpha() and symbol.isascii() and not symbol.isalpha()
        if is_over or symbol in "\n0123456789" or len(after) >= _MAX_SYMBOLS_AFTER:
            return self._decide_waiting()
        self._waiting = self._waiting._replace(after=after + symbol)
        return []

    def _decide_waiting(self) -> list[Span]:
        waiting, self._waiting = self._waiting, None
        return [waiting.span] if waiting and says_phone_after(waiting.after) else []


def _spans(groups: Sequence[Group], reading: Reading | None) -> list[Span]:
    if reading is None:
        return []
    return [Span(reading.entity, start_of(groups[: reading.num_groups]), groups[reading.num_groups - 1].end)]


def _glued_left(before: str) -> bool:
    last, last_but_one = before[-1:], before[-2:-1]
    if last in ("-", ".", ",", "/"):
        return _is_latin(last_but_one) or (last == "," and last_but_one.isdecimal())
    return _is_latin(last) or last in _GLUE_LEFT


def _glued_right(symbol: str) -> bool:
    return _is_latin(symbol) or symbol in _GLUE_RIGHT


def _is_latin(symbol: str) -> bool:
    return symbol != "" and symbol.isalpha() and symbol < "\u0590"
