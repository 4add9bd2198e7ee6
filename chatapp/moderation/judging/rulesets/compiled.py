"""
Rules made ready for judging, as one stage sees them: what looks, what finds for it, and what holds a stream back.

Immutable and shared by every text. Compiles nothing, and reads no text itself (scanning.py does).
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple

from chatapp.moderation.judging.detecting import AskingSource, DetectorSource, Finder, Glance
from chatapp.moderation.judging.rulesets.dictionary import Dictionary
from chatapp.moderation.judging.rulesets.rule import Rule


class ReadAlong(NamedTuple):
    """A detector that reads along, and what makes its glance."""

    source: DetectorSource
    make_glance: Callable[[Any], Glance | None] | None = None

    def glance(self) -> Glance | None:
        """None where it has to read every text."""
        return self.make_glance(self.source) if self.make_glance else None


@dataclass(frozen=True, slots=True)
class Sources:
    """streaming, classifiers: read along with a text, the latter knowing what it answers. finders: see it whole."""

    streaming: tuple[ReadAlong, ...] = ()
    finders: tuple[Finder, ...] = ()
    classifiers: tuple[AskingSource, ...] = ()


@dataclass(frozen=True)  # without slots, as cached_property asks
class Lookout:
    """
    Which rules look, and what finds for them. One for all stages at which the same rules look.

    numbers: of the rules that look; those of them that hold follow from that. compile: makes what finds, of a lookout.
    """

    rules: tuple[Rule, ...]
    numbers: frozenset[int]
    compile: Callable[[Lookout], Sources]

    @property
    def holding(self) -> frozenset[int]:
        """Those of them that may take text away."""
        return holding_among(self.rules, self.numbers)

    @cached_property
    def sources(self) -> Sources:
        """Built at first use; two threads may both build them, either result serves."""
        return self.compile(self)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """
    The rules as one stage sees them.

    held_depth: by state, the length of the longest suffix that may still become a withheld match.
    """

    lookout: Lookout
    dictionary: Dictionary
    held_depth: array[int]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.lookout.rules

    @property
    def looking(self) -> frozenset[int]:
        """Numbers of the rules that look at this stage; the others' matches do not count."""
        return self.lookout.numbers

    @property
    def holding(self) -> frozenset[int]:
        """Rules that may take text away at this stage."""
        return self.lookout.holding

    @property
    def sources(self) -> Sources:
        return self.lookout.sources

    @property
    def waits(self) -> bool:
        """Whether a rule asks something that does not answer at once, so that who reads a text may have to wait."""
        return any(source.waits for source in self.sources.classifiers)


def holding_among(rules: Sequence[Rule], numbers: Iterable[int]) -> frozenset[int]:
    return frozenset(number for number in numbers if rules[number].holds)
