"""
Finding regular expressions and phrases with gaps in a text that arrives a character at a time: exactly, in linear time.

What a pattern covers is the union of its matches. From one start the longest match is reported, once nothing can
lengthen it: lazy quantifiers act like greedy ones. What lies inside a match that is still open is left out. Word
boundaries and `$` are settled by the next character or the end of the text.

No match is longer than MAX_MATCH_CHARS: a start that is that old and could still be lengthened counts as a match of
that length and is dead. The matches that begin inside such a piece are reported from its end on, in pieces again, so
that an endless run gives one report for each length and not for each character.

Characters are read through `light_fold`; those that nobody sees are passed over. Spans are in characters of the text.

Starts are kept as bits, one integer a waiting state: which is earliest, and whether one is alive, are questions to
integers, and nothing is ever read twice.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.expressions.lazy_automaton import LazyAutomaton, Step
from chatapp.moderation.judging.expressions.nfa import Nfa
from chatapp.moderation.judging.expressions.regex_syntax import (
    MAX_MATCH_CHARS,
    GappedPhrase,
    compile_gapped_phrase,
    compile_regex,
)


class RegexPattern(NamedTuple):
    """rule_number: its place among the compiled rules. holds: the rule takes text away."""

    pattern: str | GappedPhrase
    rule_number: int
    holds: bool


class RegexSource:
    """Compiled patterns. What its automaton remembers grows and is forgotten; what it finds is always the same."""

    def __init__(self, patterns: Sequence[RegexPattern], nfas: Sequence[Nfa], *, max_match_chars: int) -> None:
        self.patterns = tuple(patterns)
        self.holding = frozenset(number for number, pattern in enumerate(patterns) if pattern.holds)
        self.automaton = LazyAutomaton(nfas, holding=self.holding)
        self.max_match_chars = max_match_chars

    def start(self) -> "RegexDetector":
        return RegexDetector(self)


def compile_regexes(patterns: Sequence[RegexPattern], *, max_match_chars: int = MAX_MATCH_CHARS) -> RegexSource:
    """:raises RegexRefused: for the first pattern that cannot be used."""
    nfas = [
        compile_regex(pattern) if isinstance(pattern, str) else compile_gapped_phrase(pattern)
        for pattern, _, _ in patterns
    ]
    return RegexSource(patterns, nfas, max_match_chars=max_match_chars)


class _Candidate(NamedTuple):
    """Characters [start, end) match; it may become longer."""

    start: int
    end: int


class RegexDetector:
    """
    Stands at one place in one text.

    Start s is bit s − _base of an integer; `_starts` has one integer for each item of `_state`.
    """

    __slots__ = (
        "_base", "_candidates", "_expires_at", "_num_chars", "_num_seen_chars", "_piece_from", "_source", "_starts",
        "_state",
    )  # fmt: skip

    def __init__(self, source: RegexSource) -> None:
        self._source = source
        self._state = source.automaton.start()
        self._starts: tuple[int, ...] = ()
        self._base = 0
        self._expires_at = 0  # no start reaches the cap before so many characters
        self._num_chars = 0
        self._num_seen_chars = 0  # up to the last one that anybody sees; kept while something waits
        self._candidates: dict[int, list[_Candidate]] = {}  # by pattern: starts and ends both ascend
        self._piece_from: dict[int, int] = {}  # by pattern: where its last piece of full length ended

    def copy(self) -> "RegexDetector":
        twin = RegexDetector(self._source)
        twin._state, twin._starts = self._state, self._starts
        twin._base, twin._expires_at = self._base, self._expires_at
        twin._num_chars, twin._num_seen_chars = self._num_chars, self._num_seen_chars
        twin._candidates = {pattern: candidates.copy() for pattern, candidates in self._candidates.items()}
        twin._piece_from = self._piece_from.copy()
        return twin

    @property
    def alive_from(self) -> int | None:
        if not self._starts:
            return None
        if self._piece_from:
            return self._alive_beyond_pieces()
        alive = self._union(self._state.held_places)
        return self._first(alive) if alive else None

    def read(self, char: str) -> Sequence[Found]:
        position = self._num_chars
        self._num_chars = position + 1
        step = self._state.steps[char]
        if step is None or step.leaves_something or self._candidates:
            return self._read(step, position)
        self._state = step.target
        self._starts = ()
        return ()

    def end(self) -> Sequence[Found]:
        for pattern, places in self._source.automaton.ending(self._state):
            self._accept(pattern, self._union(places), end=self._num_seen_chars)
        self._starts = ()
        return self._settled()

    def _read(self, step: Step | None, position: int) -> Sequence[Found]:
        if step is not None:
            self._take(step, position)
        if self._starts and self._num_chars >= self._expires_at:
            self._expire()
        return self._settled() if self._candidates else ()

    def _take(self, step: Step, position: int) -> None:
        if not self._starts:
            self._base, self._expires_at = position, position + self._source.max_match_chars
            self._piece_from.clear()
        self._starts = (*self._starts, 1 << position - self._base)  # NEW is the last
        for pattern, sources in step.ended:
            self._accept(pattern, self._union(sources), end=self._num_seen_chars)
        for pattern, sources in step.accepted:
            self._accept(pattern, self._union(sources), end=position + 1)
        self._move(step)
        self._num_seen_chars = position + 1

    def _move(self, step: Step) -> None:
        starts = self._starts
        moved = [starts[source] for source in step.sources]
        for place, source in step.more_sources:
            moved[place] |= starts[source]
        self._starts = tuple(moved)
        self._state = step.target

    def _union(self, places: Iterable[int]) -> int:
        """The starts from which a match waits in one of these places."""
        starts = 0
        for place in places:
            starts |= self._starts[place]
        return starts

    def _first(self, starts: int) -> int:
        return self._base + (starts & -starts).bit_length() - 1

    def _accept(self, pattern: int, starts: int, *, end: int) -> None:
        """What ends here matches from each of these starts; the earliest covers the others."""
        start = max(self._first(starts), self._piece_from.get(pattern, 0))
        if start >= end:
            return  # a piece that was reported covers it
        candidates = self._candidates.setdefault(pattern, [])
        while candidates and candidates[-1].start >= start:
            candidates.pop()
        if not candidates or candidates[-1].end < end:
            candidates.append(_Candidate(start, end))

    def _expire(self) -> None:
        """Some start may be as old as a match may be: it matches, and is alive no longer."""
        starts = list(self._starts)
        firsts = []
        for pattern, places in self._state.places.items():
            alive = self._union(places)
            if self._first(alive) + self._source.max_match_chars <= self._num_chars:
                expired = alive & -alive
                self._accept_piece(pattern, expired)
                alive ^= expired
                for place in places:
                    starts[place] &= ~expired
            if alive:
                firsts.append(self._first(alive))
        self._starts = tuple(starts)
        self._expires_at = min(firsts, default=0) + self._source.max_match_chars
        self._drop_dead_items()
        self._rebase(min(firsts, default=self._base))

    def _accept_piece(self, pattern: int, start_bit: int) -> None:
        if self._first(start_bit) >= self._piece_from.get(pattern, 0):
            self._piece_from.pop(pattern, None)
        self._accept(pattern, start_bit, end=self._num_chars)
        self._piece_from.setdefault(pattern, self._num_chars)

    def _drop_dead_items(self) -> None:
        if all(self._starts):
            return
        kept = [place for place, alive in enumerate(self._starts) if alive]
        items = tuple([self._state.items[place] for place in kept])
        self._state = self._source.automaton.state(self._state.before, items)
        self._starts = tuple([self._starts[place] for place in kept])

    def _rebase(self, first: int) -> None:
        """The bits before the first start are of no use: integers stay below two matches' length."""
        num_bits = first - self._base
        if num_bits >= self._source.max_match_chars:
            self._starts = tuple([starts >> num_bits for starts in self._starts])
            self._base = first

    def _settled(self) -> list[Found]:
        """Take out the candidates that nothing can lengthen any more."""
        found: list[Found] = []
        for pattern in [*self._candidates]:
            candidates = self._candidates[pattern]
            alive = self._union(self._state.places.get(pattern, ())) if self._starts else 0
            kept = [candidate for candidate in candidates if self._is_open(pattern, candidate, alive)]
            if kept:
                self._candidates[pattern] = kept
            else:
                del self._candidates[pattern]
            rule_number = self._source.patterns[pattern].rule_number
            found += [Found(rule_number, *candidate) for candidate in candidates if candidate not in kept]
        return sorted(found, key=lambda one: (one.end, one.start))

    def _is_open(self, pattern: int, candidate: _Candidate, alive: int) -> bool:
        if not alive:
            return False
        if candidate.start == self._piece_from.get(pattern):  # every start inside the last piece goes on from here
            return self._first(alive) <= candidate.start
        return candidate.start >= self._base and bool(alive >> candidate.start - self._base & 1)

    def _alive_beyond_pieces(self) -> int | None:
        firsts = [
            max(self._first(self._union(places)), self._piece_from.get(pattern, 0))
            for pattern, places in self._state.places.items()
            if pattern in self._source.holding
        ]
        return min((first for first in firsts if first < self._num_chars), default=None)
