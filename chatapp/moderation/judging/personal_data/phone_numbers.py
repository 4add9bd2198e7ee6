"""
Which groups of digits are a telephone number. Pure: owns the shapes and what each needs from the words beside it.

Sources: E.164 (country codes, at most 15 digits), the Chinese numbering plan (MIIT), the North American Numbering
Plan (area codes begin with 2-9), and how national numbers are grouped in print (E.123).
"""

import re
from enum import IntEnum

from chatapp.moderation.judging.personal_data.checksums import is_date

MAX_DIGITS = 15
_MIN_DIGITS = 7

# Country codes of E.164 by their first digits.
_COUNTRY_CODE = (
    r"(?:1|7|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]"
    r"|2[1-689]\d|3[578]\d|42\d|5[09]\d|6[789]\d|8[05789]\d|9[679]\d)"
)
_CN_MOBILE = r"1(?:3\d|4[5-9]|5[0-35-9]|6[2567]|7[0-8]|8\d|9[0-35-9])"
_CN_AREA = r"0(?:10|2\d|[3-9]\d\d)"

# A shape is the number with "+", "(", ")" and its separators as they stand, an extension already taken off.
_CERTAIN = re.compile(
    rf"""(?:\(?(?:\+|00)?86\)?[ -]?)? {_CN_MOBILE} (?:\d{{8}} | ([ -])\d{{4}}\1\d{{4}} | [ -]\d{{8}})
    | \(?\+ {_COUNTRY_CODE} [ )(.\-\d]{{5,20}} \d
    | 00 {_COUNTRY_CODE} [ \-.(] [ )(.\-\d]{{5,20}} \d
    | (?:1[ -.])? \( [2-9]\d\d \) [ -.]? \d{{3}} [-. ] \d{{4}}
    | (?:1([-.]))? [2-9]\d\d ([-.]) \d{{3}} \3 \d{{4}}
    | \(? {_CN_AREA} (?:\)[ -]?|-) [2-9] (?:\d{{6,7}} | \d{{2,3}}[ -]\d{{4}})
    | 0? 7[1-9]\d\d [ ] (?:\d{{3}}[ ]\d{{3}} | \d{{6}})
    """,
    re.VERBOSE,
)
# Grouped as only telephone numbers are, unless the words say otherwise.
_LIKELY = re.compile(
    r"""0\d{1,4} (?: ([ .\-]) \d{2,4} (?: \1 \d{2,4} ){1,3} | [ \-] \d{6,8})
    | \(\d{2,5}\) [ -]? \d{2,4} (?: [ -] \d{2,4} ){1,3}
    | [2-9]\d\d [ ] \d{3} [ ] \d{4}
    | 400[ -]? \d{3,4} [ -]? \d{3,4}
    """,
    re.VERBOSE,
)
_SSN_LIKE = re.compile(r"\d{3}-\d\d-\d{4}")
_DATE = re.compile(r"(\d{4})[-. ]?(\d\d?)[-. ]?(\d\d?)(?!\d)|(\d\d?)[-. ](\d\d?)[-. ](\d{4})$")


class Shape(IntEnum):
    """How far the digits alone say that this is a telephone number."""

    NONE = 0
    POSSIBLE = 1
    LIKELY = 2
    CERTAIN = 3


def phone_shape(text: str) -> Shape:
    """text: digits and separators of one number, an opening "+" or "(" included."""
    num_digits = sum(map(str.isdecimal, text))
    if not _MIN_DIGITS <= num_digits <= MAX_DIGITS or _is_date(text) or _is_decimal(text):
        return Shape.NONE
    if _CERTAIN.fullmatch(text):
        return Shape.CERTAIN
    return Shape.LIKELY if _LIKELY.fullmatch(text) and not _SSN_LIKE.fullmatch(text) else Shape.POSSIBLE


def _is_date(text: str) -> bool:
    found = _DATE.match(text)
    if found is None:
        return False
    year, month, day, first, second, last = found.groups()
    if year is not None:
        return is_date(year, month, day)
    return is_date(last, first, second) or is_date(last, second, first)


def _is_decimal(text: str) -> bool:
    """One full stop between two groups: a price, a coordinate, a measurement."""
    return text.count(".") == 1 and text.replace(".", "").isdecimal()
