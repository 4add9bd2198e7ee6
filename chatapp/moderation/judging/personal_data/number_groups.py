"""
Which of the groups of digits that stand in a row are an ID card, a bank card, a number of social security, an IP
address or a telephone number. Pure: what is read and when is number_runs.py's business.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.personal_data.checksums import (
    CN_ID_LENGTH,
    is_bank_card,
    is_cn_id,
    is_ipv4,
    is_us_ssn,
    luhn_valid,
)
from chatapp.moderation.judging.personal_data.number_context import says_card, says_ip, says_other, says_phone, says_ssn
from chatapp.moderation.judging.personal_data.phone_numbers import Shape, phone_shape
from chatapp.moderation.judging.personal_data.reading import Entity

MAX_DIGITS = 19  # of a bank card, the longest of all
MAX_GROUPS = 8

# How cards are printed: by the lengths of their groups.
_CARD_LAYOUTS = frozenset(
    {(4, 4, 4, 4), (4, 6, 5), (4, 6, 4), (6, 13), (4, 4, 4, 4, 1), (4, 4, 4, 4, 2), (4, 4, 4, 4, 3), (6, 10)}
)
# Shorter ones are so rare, and so many other numbers pass Luhn, that a word must name them.
_MIN_CARD_DIGITS_WITHOUT_WORD = 14
_CARD_LENGTHS = range(12, 20)
_SSN_LAYOUT = (3, 2, 4)


class Group(NamedTuple):
    """
    Digits without anything between them (a last X of an ID card counts).

    separator: what stands between the group before and this one; for the first, an opening "+" or "(".
    lead, plus: the character where a number that begins here begins, with its "(" and without.
    """

    digits: str
    separator: str
    lead: int
    plus: int
    end: int


class Row(NamedTuple):
    """
    Groups in a row, all that are known of it.

    before: the text before the row. starts_bare, ends_bare: nothing is glued to its first, its last group.
    whole: the groups are the entire row; one that is too long for anything, or already dealt with, is not among them.
    """

    groups: Sequence[Group]
    before: str
    starts_bare: bool
    ends_bare: bool
    whole: bool


class Reading(NamedTuple):
    """The first `num_groups` groups are this. needs_word: only if the word after them says so."""

    entity: Entity
    num_groups: int
    needs_word: bool = False


def read_first(row: Row) -> Reading | None:
    """What begins with the first group of the row; None if nothing does."""
    best: Reading | None = None
    for count in _counts(row):
        if reading := _checked(row, count):
            best = reading
    if best:
        return best
    for count in reversed(list(_counts(row))):
        reading = _phone(row, count)
        if reading and not any(_checked_later(row, first) for first in range(1, count)):
            return reading
    return None


def _checked_later(row: Row, first: int) -> bool:
    rest = row._replace(groups=row.groups[first:], starts_bare=True, whole=False)
    return any(_checked(rest, count) for count in _counts(rest))


def _counts(row: Row) -> Iterator[int]:
    """How many groups from the first on may be one number: those that leave no group torn from its neighbour."""
    groups = row.groups
    if not _opens(groups[0], starts_bare=row.starts_bare):
        return
    num_digits = 0
    for count, group in enumerate(groups[:MAX_GROUPS], 1):
        num_digits += len(group.digits)
        if num_digits > MAX_DIGITS + 1 + 5:  # with a country code's "(0)" or an extension
            return
        if count < len(groups):
            if _parts(groups[count].separator):
                yield count
        elif row.ends_bare:
            yield count


def _opens(group: Group, *, starts_bare: bool) -> bool:
    return starts_bare if group.separator.strip("+(") == "" else _parts(group.separator)


def _parts(separator: str) -> bool:
    """Whether what stands on both sides may be two numbers."""
    return " " in separator and "x" not in separator


def _checked(row: Row, count: int) -> Reading | None:
    """Readings that digits, not words, decide."""
    groups = row.groups[:count]
    digits = "".join(group.digits for group in groups)
    separators = {group.separator for group in groups[1:]}
    if len(digits) == CN_ID_LENGTH and separators <= {" ", "-"} and is_cn_id(digits):
        return Reading(Entity.CN_ID, count)
    if not digits.isdecimal():
        return None
    if separators == {"."}:
        return _ip(row, count)
    if len(separators) <= 1 and separators <= {" ", "-"}:
        return _card(row, count, digits) or _ssn(row, count, digits)
    return None


def _card(row: Row, count: int, digits: str) -> Reading | None:
    layout = tuple(len(group.digits) for group in row.groups[:count])
    if count > 1 and layout not in _CARD_LAYOUTS:
        return None
    if says_card(row.before):  # then any issuer will do, also one that stopped
        return Reading(Entity.BANK_CARD, count) if len(digits) in _CARD_LENGTHS and luhn_valid(digits) else None
    certain = len(digits) >= _MIN_CARD_DIGITS_WITHOUT_WORD and is_bank_card(digits) and not says_other(row.before)
    return Reading(Entity.BANK_CARD, count) if certain else None


def _ssn(row: Row, count: int, digits: str) -> Reading | None:
    groups = row.groups[:count]
    if not is_us_ssn(digits):
        return None
    by_shape = tuple(len(group.digits) for group in groups) == _SSN_LAYOUT and groups[1].separator == "-"
    if not (says_ssn(row.before) or (by_shape and not says_other(row.before))):
        return None
    return Reading(Entity.US_SSN, count)


def _ip(row: Row, count: int) -> Reading | None:
    if not is_ipv4(tuple(group.digits for group in row.groups[:count])):
        return None
    if says_other(row.before) and not says_ip(row.before):
        return None
    return Reading(Entity.IP, count)


def _phone(row: Row, count: int) -> Reading | None:
    groups = row.groups[: count - 1] if _has_extension(row.groups[:count]) else row.groups[:count]
    if any("x" in group.separator for group in groups[1:]):
        return None
    shape = phone_shape(_as_printed(groups))
    is_all = row.whole and count == len(row.groups)
    if shape is Shape.NONE or (shape < Shape.CERTAIN and not is_all):
        return None
    if says_phone(row.before):
        return Reading(Entity.PHONE, count)
    if says_other(row.before):
        return None
    return Reading(Entity.PHONE, count, needs_word=shape is Shape.POSSIBLE)


def _has_extension(groups: Sequence[Group]) -> bool:
    last = groups[-1]
    return len(groups) > 1 and "x" in last.separator and len(last.digits) <= len("12345")


def start_of(groups: Sequence[Group]) -> int:
    """The first character of the number that these groups are; a "(" that it does not close is not its own."""
    return groups[0].lead if _closes(groups) else groups[0].plus


def _closes(groups: Sequence[Group]) -> bool:
    return any(")" in group.separator for group in groups[1:])


def _as_printed(groups: Sequence[Group]) -> str:
    first = groups[0].separator
    opening = first[len(first.rstrip("+(")) :]
    if not _closes(groups):
        opening = opening.lstrip("(")
    return opening + groups[0].digits + "".join(group.separator + group.digits for group in groups[1:])
