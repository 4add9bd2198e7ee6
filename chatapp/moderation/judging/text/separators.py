"""
What people write between the letters of a word to hide it. Owns which characters those are; knows no rule.

A text is read as steps: letters (symbols of φ, digits too) and separators. What φ drops is no step at all: every
channel sees through it.
"""

import unicodedata
from enum import IntFlag
from typing import NamedTuple

from chatapp.moderation.judging.text.normalise import fold
from chatapp.moderation.judging.text.remembering import Remembered


class Separates(IntFlag):
    """
    Why a separator may be honest.

    SENTENCES: nobody hides a word across these, so nothing is skipped over them. CLAUSES, WORDS, PARTS (he'll): honest
    text is full of them. Nothing: a mark that stands between two letters only to part them.
    """

    NOTHING = 0
    PARTS = 1
    WORDS = 2
    CLAUSES = 4
    SENTENCES = 8


class Separator(NamedTuple):
    """One character between letters. separates: flags of Separates, as an integer. symbols: what φ makes of it."""

    separates: int
    symbols: str


Step = str | Separator

# A full stop of ASCII also stands in "s.h.i.t", so it ends no search.
_SENTENCE_ENDS = frozenset("\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029。！？｡")
_CLAUSE_MARKS = frozenset('"“”„«»()[]{}〈〉《》「」『』【】〔〕,、;:.!?…')
_APOSTROPHES = frozenset("'’‘")


def is_letter(symbol: str) -> bool:
    """Letters and digits, and the signs of Indic scripts that are no letters of their own but half of one."""
    return symbol.isalnum() or unicodedata.category(symbol) == "Mc"


def _separator(symbols: str) -> Separator:
    separates = Separates.NOTHING
    if any(symbol == " " for symbol in symbols):
        separates |= Separates.WORDS
    if not _CLAUSE_MARKS.isdisjoint(symbols):
        separates |= Separates.CLAUSES
    if not _APOSTROPHES.isdisjoint(symbols):
        separates |= Separates.PARTS | Separates.CLAUSES
    return Separator(int(separates), symbols)


def _steps(char: str) -> tuple[Step, ...]:
    symbols = fold(char)
    if char in _SENTENCE_ENDS:
        return (Separator(int(Separates.SENTENCES), symbols),)
    if symbols and not any(map(is_letter, symbols)):
        return (_separator(symbols),)  # one character, however many symbols (…)
    return tuple(symbol if is_letter(symbol) else _separator(symbol) for symbol in symbols)


STEPS_BY_CHAR: Remembered[str, tuple[Step, ...]] = Remembered(_steps)
