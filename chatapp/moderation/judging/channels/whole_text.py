"""
A whole text as the channels read it that cannot work on a stream. Owns symbols with their places, and words; no rule.
"""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.text.normalise import fold
from chatapp.moderation.judging.text.remembering import MAX_REMEMBERED_CHARS

_fold = lru_cache(maxsize=MAX_REMEMBERED_CHARS)(fold)

# The symbols of `is_word_symbol`, as a pattern: it is asked for every symbol of every text.
_WORD = re.compile("[^\\W_\u0590-\U0010ffff]+")


class WholeText(NamedTuple):
    """symbols: the text after φ. positions: by symbol, the character of the text that it came from."""

    symbols: str
    positions: list[int]

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Characters of the text from symbols [start, end), which are not empty."""
        return self.positions[start], self.positions[end - 1] + 1

    def stands_alone(self, start: int, end: int) -> bool:
        """Whether symbols [start, end) neither begin nor end inside a word."""
        symbols = self.symbols
        return not (
            (start > 0 and _WORD.fullmatch(symbols, start - 1, start + 1))
            or (end < len(symbols) and _WORD.fullmatch(symbols, end - 1, end + 1))
        )


class Word(NamedTuple):
    """Symbols [start, end)."""

    spelling: str
    start: int
    end: int


@lru_cache(maxsize=1)  # every channel asks for the same text, one after the other; none changes what it gets
def whole_text(text: str) -> WholeText:
    folded = [_fold(char) for char in text]
    symbols = "".join(folded)
    if len(symbols) == len(text) and "" not in folded:
        return WholeText(symbols, list(range(len(text))))
    return WholeText(symbols, [position for position, part in enumerate(folded) for _ in part])


def words_of(symbols: str) -> Iterator[Word]:
    """Runs of letters and digits of the scripts that put spaces between words."""
    return (Word(found.group(), *found.span()) for found in _WORD.finditer(symbols))


def phrase_symbols(phrase: str) -> str:
    """A keyword after φ. Spaces around it do not count."""
    return "".join(map(_fold, phrase.strip())).strip()


def is_han(symbol: str) -> bool:
    """Whether this is a Chinese character of the two blocks that hold all common ones."""
    return "\u4e00" <= symbol <= "\u9fff" or "\u3400" <= symbol <= "\u4dbf"


def in_order(found: Iterable[Found]) -> list[Found]:
    """By end, then start, each once: as a detector reports."""
    return sorted(set(found), key=lambda each: (each.end, each.start, each.rule_number))
