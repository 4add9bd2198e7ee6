"""
Sets of characters, and which character a text's character counts as where a regular expression reads it.

Owns the light fold, what \\d, \\s and \\w mean and what case is; knows no pattern. A word is what `normalise` calls one
and `_`: letters and digits of scripts that put spaces between words. So \\b stands between 话 and 1, where Python has
none.
"""

import unicodedata
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Self

from chatapp.moderation.judging.text.normalise import fold, is_word_symbol

MAX_CODE = 0x10FFFF
_FIRST_CODE_AFTER_WORDS = 0x590  # see is_word_symbol
_FIRST_CODE_AFTER_SPACES = 0x3001
_FIRST_CODE_AFTER_DIGITS_AND_CASE = 0x20000  # above are ideographs and nothing else that has digits or case

Range = tuple[int, int]


def light_fold(char: str) -> str:
    """
    The character that a pattern sees: its compatibility form if that is one character, "" for what nobody sees.

    Source: Unicode normalisation form NFKC (UAX #15). Full width and circled digits become digits; ㎏ stays.
    """
    if not fold(char):
        return ""
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 else char


@dataclass(frozen=True, slots=True)
class CharSet:
    """Code points as ranges: ascending, apart from each other, both ends included."""

    ranges: tuple[Range, ...]

    @classmethod
    def of(cls, ranges: Iterable[Range]) -> Self:
        """The union of ranges in any order; one whose end is below its begin is empty."""
        joined: list[Range] = []
        for first, last in sorted(ranges):
            if joined and first <= joined[-1][1] + 1:
                joined[-1] = (joined[-1][0], max(last, joined[-1][1]))
            elif first <= last:
                joined.append((first, last))
        return cls(tuple(joined))

    @classmethod
    def of_codes(cls, codes: Iterable[int]) -> Self:
        return cls.of((code, code) for code in codes)

    def __contains__(self, code: int) -> bool:
        place = bisect_right(self.ranges, (code, MAX_CODE)) - 1
        return place >= 0 and code <= self.ranges[place][1]

    def __or__(self, other: Self) -> Self:
        return self.of(self.ranges + other.ranges)

    def complement(self) -> Self:
        firsts = [0, *(last + 1 for _, last in self.ranges)]
        lasts = [*(first - 1 for first, _ in self.ranges), MAX_CODE]
        return self.of(zip(firsts, lasts, strict=True))

    def meets(self, other: Self) -> bool:
        """Whether some character is in both."""
        return bool(self.complement() | other.complement() != ANYTHING)


ANYTHING = CharSet(((0, MAX_CODE),))
NEWLINE = CharSet.of_codes([ord("\n")])
WORD = CharSet.of_codes(
    code for code in range(_FIRST_CODE_AFTER_WORDS) if is_word_symbol(chr(code)) or chr(code) == "_"
)
SPACE = CharSet.of_codes(code for code in range(_FIRST_CODE_AFTER_SPACES) if chr(code).isspace())


@cache
def digits() -> CharSet:
    return CharSet.of_codes(code for code in range(_FIRST_CODE_AFTER_DIGITS_AND_CASE) if chr(code).isdecimal())


def range_as_read(first: int, last: int) -> CharSet:
    """
    The characters from `first` to `last`, and what they fold to where the whole range folds as one: Ａ-Ｚ is A-Z too.
    """
    folded_first, folded_last = (ord(light_fold(chr(code)) or chr(code)) for code in (first, last))
    ranges = [(first, last)]
    if folded_last - folded_first == last - first:
        ranges.append((folded_first, folded_last))
    return CharSet.of(ranges)


@lru_cache(maxsize=256)
def ignoring_case(chars: CharSet) -> CharSet:
    """The set with every other case of its members."""
    added = [code for codes in _codes_that_differ_in_case() if any(c in chars for c in codes) for code in codes]
    return chars | CharSet.of_codes(added)


@cache
def _codes_that_differ_in_case() -> tuple[tuple[int, ...], ...]:
    codes_by_key: dict[str, list[int]] = defaultdict(list)
    for code in range(_FIRST_CODE_AFTER_DIGITS_AND_CASE):
        char = chr(code)
        if (key := _case_key(char)) != char:
            codes_by_key[key].append(code)
    return tuple((ord(key), *codes) for key, codes in codes_by_key.items())


def _case_key(char: str) -> str:
    """Simple case folding (Unicode core specification, §3.13): ẞ is ß, for ss would be two characters."""
    folded = char.casefold()
    if len(folded) > 1:
        folded = char.lower()
    return folded if len(folded) == 1 else char
