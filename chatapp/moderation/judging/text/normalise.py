"""
The character map φ that rules and text both go through. Owns what counts as the same letter; knows no rule.

φ is context-free (one character in, zero or more symbols out), so the verdict cannot depend on how a text is cut,
and every symbol knows which character it came from. Word boundaries are symbols of their own: a Latin word is
`⟨ b o m b ⟩`, so a keyword that must stand alone is an ordinary pattern, and "is the word over?" is "is it alive?".
"""

import unicodedata
from typing import NamedTuple

from chatapp.moderation.judging.text.confusables import LATIN_BY_LOOKALIKE
from chatapp.moderation.judging.text.remembering import Remembered
from chatapp.moderation.judging.text.traditional import SIMPLIFIED_BY_TRADITIONAL

# φ drops control characters, so no text can spell these two.
WORD_START = 0x02
WORD_END = 0x03

# Mn, Me: accents, variation selectors. Cf: zero width, bidirectional controls, soft hyphen, tag characters.
# Cc: control characters (those that are white space became a space before).
_DROPPED_CATEGORIES = frozenset({"Mn", "Me", "Cf", "Cc"})
_DROPPED_FILLERS = frozenset("\u115f\u1160")  # Hangul fillers: letters by category, blank on every screen

# No key is another's value: one look is enough.
_SEEN_AS = SIMPLIFIED_BY_TRADITIONAL | LATIN_BY_LOOKALIKE


def fold(char: str) -> str:
    """
    φ: compatibility form, lower case, no accents, simplified Chinese, Latin for letters that look so; "" for what
    nobody sees. Its own fixed point. A Russian keyword still meets its text: both are read in the same alphabet.

    Source: Unicode normalisation form NFKD (UAX #15), full case folding (Unicode core specification, §3.13).
    """
    if char.isspace():
        return " "
    # Folding case can leave a compatibility character and the reverse (ϓ), so once more.
    folded = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", char).casefold()).casefold()
    return "".join(
        " " if symbol.isspace() else _SEEN_AS.get(symbol, symbol)
        for symbol in folded
        if symbol not in _DROPPED_FILLERS
        and (symbol.isspace() or unicodedata.category(symbol) not in _DROPPED_CATEGORIES)
    )


def is_word_symbol(symbol: str) -> bool:
    """Whether words of this symbol's script stand between spaces: Latin, Greek, Cyrillic, Armenian, and digits."""
    return symbol < "\u0590" and symbol.isalnum()


class Folded(NamedTuple):
    """What one character adds to the symbols, with the boundaries it brings, by what stood before it."""

    after_gap: tuple[int, ...]
    after_word: tuple[int, ...]
    ends_in_word: bool


def _folded(symbols: str) -> Folded | None:
    if not symbols:
        return None
    return Folded(
        after_gap=tuple(_with_boundaries(symbols, in_word=False)),
        after_word=tuple(_with_boundaries(symbols, in_word=True)),
        ends_in_word=is_word_symbol(symbols[-1]),
    )


def _with_boundaries(symbols: str, *, in_word: bool) -> list[int]:
    codes: list[int] = []
    for symbol in symbols:
        if is_word_symbol(symbol) != in_word:
            codes.append(WORD_END if in_word else WORD_START)
            in_word = not in_word
        codes.append(ord(symbol))
    return codes


# None for a character that adds nothing.
FOLDED_BY_CHAR: Remembered[str, Folded | None] = Remembered(lambda char: _folded(fold(char)))


def pattern_symbols(phrase: str) -> tuple[int, ...]:
    """The symbols of a keyword: those of a text that is this phrase and nothing else. Spaces around it do not count."""
    codes: list[int] = []
    in_word = False
    for char in phrase.strip():
        folded = FOLDED_BY_CHAR[char]
        if folded is not None:
            codes += folded.after_word if in_word else folded.after_gap
            in_word = folded.ends_in_word
    return (*codes, WORD_END) if in_word else tuple(codes)


def fold_text(text: str) -> str:
    """The text as rules see it, for people: no positions, no boundaries."""
    return "".join(map(fold, text))
