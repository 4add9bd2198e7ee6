"""
Finds text hidden in characters that no screen shows, and strips it. Owns which invisible characters are honest.

Hidden: tag characters, runs of variation selectors, long runs of zero-width characters, bidirectional controls outside
right-to-left text. Honest: emoji sequences, flags of regions, joiners in Arabic, Persian and Indic scripts, soft
hyphens, direction marks. A run of invisible characters is judged as a whole when the next visible one is read.
Sources: UTS #51 (emoji tag, ZWJ and presentation sequences), UTS #37 (ideographic variation), UAX #9 (bidirectional
controls), CVE-2021-42574 (reordered source), and published attacks that carry prompts in tags and selectors.
"""

import unicodedata
from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple, Self

from chatapp.moderation.judging.detecting import Found

_TAGS = frozenset(map(chr, range(0xE0000, 0xE0080)))
_SELECTORS = frozenset(map(chr, [*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0)]))
_EMOJI_SELECTORS = frozenset("\ufe0e\ufe0f")
_IDEOGRAPHIC_SELECTORS = frozenset(map(chr, range(0xE0100, 0xE01F0)))
_OPENERS = frozenset("\u202a\u202b\u202d\u202e\u2066\u2067\u2068")
_OVERRIDES = frozenset("\u202d\u202e")
_CLOSERS = frozenset("\u202c\u2069")
_BIDI = _OPENERS | _CLOSERS
_ZERO_WIDTH = frozenset(
    "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200d\u200e\u200f\u2060\u2061\u2062\u2063\u2064"
    "\u206a\u206b\u206c\u206d\u206e\u206f\u3164\ufeff\uffa0"
)
_INVISIBLE = _TAGS | _SELECTORS | _BIDI | _ZERO_WIDTH

_FLAG = "\U0001f3f4"
# The regions whose flags have an emoji: England, Scotland, Wales. Source: emoji-sequences.txt, RGI_Emoji_Tag_Sequence.
_FLAG_TAGS = frozenset(
    "".join(chr(0xE0000 + ord(letter)) for letter in region) + "\U000e007f" for region in ("gbeng", "gbsct", "gbwls")
)
# Honest text has up to three in a row: a joiner beside a direction mark or a byte order mark.
_MIN_ZERO_WIDTH = 4
# All that is longer is hidden for certain, so it is found in pieces and no more is ever held.
_PIECE = 64
_MAX_OPEN = 125  # UAX #9, max_depth


class HiddenTextRule(NamedTuple):
    """One rule. rule_number: its place among the compiled rules. holds: the rule takes text away."""

    rule_number: int
    holds: bool


@dataclass(frozen=True, slots=True)
class HiddenTextRules:
    """See detecting.DetectorSource."""

    rules: tuple[HiddenTextRule, ...]
    any_holds: bool

    def start(self) -> "HiddenTextDetector":
        return HiddenTextDetector(self)


def compile_hidden_text(rules: Sequence[HiddenTextRule]) -> HiddenTextRules:
    return HiddenTextRules(tuple(rules), any(rule.holds for rule in rules))


def holds_invisible(text: str) -> bool:
    """Whether some character of the text, honest or not, is one that no screen shows."""
    return not _INVISIBLE.isdisjoint(text)


class HiddenTextDetector:
    """See detecting.Detector. Its state is immutable values only, so that a shallow copy goes its own way."""

    def __init__(self, rules: HiddenTextRules) -> None:
        self._rules = rules
        self._num_chars = 0
        self._run = ""  # invisible characters up to here
        self._base = ""  # the visible character before them
        self._in_piece = False  # the run goes on after a piece that was found
        self._rtl = False  # whether the last letter of this line runs from right to left
        self._honest_openers: tuple[bool, ...] = ()  # bidirectional controls not closed yet

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        return self._num_chars - len(self._run) if self._run and self._rules.any_holds else None

    def read(self, char: str) -> Sequence[Found]:
        self._num_chars += 1
        if char in _INVISIBLE:
            self._run += char
            return self._take(self._num_chars) if len(self._run) >= _PIECE else ()
        found = self._close(char) if self._run or self._in_piece else ()
        self._base = char
        if char > "\x7f":
            self._note_direction(char)
        elif char.isalpha():
            self._rtl = False
        elif char == "\n":
            self._rtl, self._honest_openers = False, ()  # a paragraph's end closes all (UAX #9, X8)
        return found

    def end(self) -> Sequence[Found]:
        return self._close("") if self._run else ()

    def _note_direction(self, char: str) -> None:
        direction = unicodedata.bidirectional(char)
        if direction in ("R", "AL", "L"):
            self._rtl = direction != "L"

    def _close(self, following: str) -> Sequence[Found]:
        """The run is over."""
        near_rtl = self._rtl or unicodedata.bidirectional(following or " ") in ("R", "AL")
        openers = self._honest_openers
        pairs = [self._pair(char, near_rtl=near_rtl) for char in self._run]  # all of them: each opens or closes
        hidden = self._in_piece or not all(pairs) or not _is_honest(self._run, self._base)
        if hidden:  # then what this run opens is hidden too, and so is what closes it
            self._honest_openers = openers
            for char in self._run:
                self._pair(char, near_rtl=False)
        found = self._take(self._num_chars - len(following)) if hidden and self._run else ()
        self._run, self._in_piece = "", False
        return found

    def _pair(self, char: str, *, near_rtl: bool) -> bool:
        """Whether a bidirectional control is honest: beside right-to-left text, or closing one that was."""
        if char in _OPENERS:
            honest = near_rtl and char not in _OVERRIDES
            self._honest_openers = (*self._honest_openers, honest)[-_MAX_OPEN:]
            return honest
        if char in _CLOSERS:
            *rest, honest = self._honest_openers or (near_rtl,)
            self._honest_openers = tuple(rest)
            return honest
        return True

    def _take(self, end: int) -> Sequence[Found]:
        start, self._run, self._in_piece = end - len(self._run), "", True
        return [Found(rule.rule_number, start, end) for rule in self._rules.rules]


def _is_honest(run: str, base: str) -> bool:
    """Whether invisible characters, bidirectional controls aside, are what their base character may carry."""
    tags = "".join(filter(_TAGS.__contains__, run))
    selectors = "".join(filter(_SELECTORS.__contains__, run))
    num_zero_width = sum(map(_ZERO_WIDTH.__contains__, run))
    if tags and (base != _FLAG or tags not in _FLAG_TAGS or selectors):
        return False
    return num_zero_width < _MIN_ZERO_WIDTH and _may_carry(base, selectors)


def _may_carry(base: str, selectors: str) -> bool:
    if not selectors:
        return True
    if _EMOJI_SELECTORS.issuperset(selectors):
        return len(selectors) == 1 or selectors == "\ufe0f\ufe0f"  # some keyboards write it twice
    if len(selectors) > 1 or not base:
        return False
    if selectors in _IDEOGRAPHIC_SELECTORS:
        return unicodedata.name(base, "").startswith("CJK")
    return not base.isascii() or base.isdecimal()  # standardised variants: mathematics, scripts, a slashed zero


_ALL = compile_hidden_text([HiddenTextRule(0, holds=False)])


def strip_hidden(text: str) -> str:
    """The text without its hidden text, for a model to read. Honest invisible characters stay."""
    detector = _ALL.start()
    spans = [found for char in text for found in detector.read(char)] + list(detector.end())
    ends = [0, *(found.end for found in spans)]
    starts = [*(found.start for found in spans), len(text)]
    return "".join(text[end:start] for end, start in zip(ends, starts, strict=True))
