"""
The phrases of a whole ruleset in one automaton, as flat arrays. What it is made of and how it is asked; builds nothing.
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp.moderation.judging.automata.automaton import Automaton


class Pattern(NamedTuple):
    """
    One keyword or allow phrase: its length in symbols, and the rules (by number) that deny or allow it.

    num_trailing_boundaries: 1 if its last symbol only says that the word is over: it stands for no character.
    """

    length: int
    num_trailing_boundaries: int
    denied_by: Sequence[int]
    allowed_by: Sequence[int]


@dataclass(frozen=True, slots=True)
class Owners:
    """By pattern, the rules that name it: those of pattern n are `rule_numbers[starts[n]:starts[n + 1]]`."""

    starts: array[int]
    rule_numbers: array[int]

    def of(self, number: int) -> array[int]:
        return self.rule_numbers[self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """
    The phrases of all rules of a ruleset in one automaton, for every stage: what takes time to build.

    ends_word: by pattern, 1 if its last symbol is a word's end. allowed_by_alive: by state, the rules with an allow
    phrase that goes on from exactly here.
    """

    automaton: Automaton
    ends_word: array[int]
    denied_by: Owners
    allowed_by: Owners
    allowed_by_alive: Mapping[int, frozenset[int]]

    def pattern(self, number: int) -> Pattern:
        length = self.automaton.depth[self.automaton.pattern_end[number]]
        return Pattern(length, self.ends_word[number], self.denied_by.of(number), self.allowed_by.of(number))

    @property
    def num_patterns(self) -> int:
        return len(self.ends_word)
