"""
Aho–Corasick over integers: flat arrays, and one dictionary of edges. Owns finding; knows neither characters nor rules.

Source: Aho and Corasick 1975, "Efficient string matching", doi:10.1145/360825.360855. Beside it, each state tells how
much of the input is still alive: the longest suffix that some pattern may yet complete. That is the exact hold-back.
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

# An edge's key is `state << SYMBOL_BITS | symbol`; symbols are Unicode code points, below 0x110000.
SYMBOL_BITS = 21
NO_PATTERN = -1
# Of the pairs of state and symbol that lead nowhere, how many are known by heart: about 8 MB, most of any language.
_MAX_REMEMBERED_ABSENT = 1 << 16


class StoredEdges(dict[int, int | None]):
    """
    Edges as sorted arrays, each looked up when a text first needs it and remembered from then on.

    A dictionary of 300,000 edges takes 50 to 150 ms to fill, in which a model worker cannot decode; this one begins
    empty. Scanning costs 0.6 µs a character over a built dictionary, 1.0 over this one, 1.3 while it is cold.
    `get` is the C function that falls back to __missing__.
    """

    __slots__ = ("_num_absent", "sorted_keys", "targets")

    get = dict.__getitem__  # type: ignore[assignment]  # one argument, and None for what is not there

    def __init__(self, sorted_keys: array[int], targets: array[int]) -> None:
        super().__init__()
        self.sorted_keys, self.targets = sorted_keys, targets
        self._num_absent = 0

    def __missing__(self, key: int) -> int | None:
        place = bisect_left(self.sorted_keys, key)
        if place < len(self.sorted_keys) and self.sorted_keys[place] == key:
            target = self[key] = self.targets[place]
            return target
        if self._num_absent < _MAX_REMEMBERED_ABSENT:
            self._num_absent += 1
            self[key] = None
        return None


def edge_arrays(edges: Mapping[int, int | None]) -> tuple[array[int], array[int]]:
    """The keys of all edges in order, and the states they lead to."""
    if isinstance(edges, StoredEdges):
        return edges.sorted_keys, edges.targets
    keys = sorted(edges)
    return array("Q", keys), array("i", [target for key in keys if (target := edges[key]) is not None])


@dataclass(frozen=True, slots=True)
class Automaton:
    """
    States are numbered by depth, 0 is the root, so a state's `fail` is always a smaller number.

    edges: the next state by `state << SYMBOL_BITS | symbol`; ask with `get`, which gives None where there is none.
    depth: symbols from the root. parent: the state one symbol earlier.
    fail: the longest proper suffix that is a state.
    pattern: the pattern that ends in this state, or NO_PATTERN.
    report: the first state along the suffixes (itself included) in which a pattern ends, or 0.
    """

    edges: Mapping[int, int | None]
    depth: array[int]
    parent: array[int]
    fail: array[int]
    pattern: array[int]
    report: array[int]
    pattern_end: array[int]  # by pattern: its last state

    def patterns_ending(self, state: int) -> Iterator[int]:
        """Patterns that end where `state` was entered, longest first."""
        state = self.report[state]
        while state:
            yield self.pattern[state]
            state = self.report[self.fail[state]]

    def suffixes(self, state: int) -> Iterator[int]:
        """The state and its proper suffixes, deepest first, without the root."""
        while state:
            yield state
            state = self.fail[state]

    def unfinished(self, pattern: int) -> Iterator[int]:
        """The states of a pattern's proper prefixes, without the root: where this pattern is still alive."""
        state = self.parent[self.pattern_end[pattern]]
        while state:
            yield state
            state = self.parent[state]

    def alive_depth(self, patterns: Sequence[int]) -> array[int]:
        """By state: the length of the longest suffix that one of `patterns` may still complete, 0 if none may."""
        alive = array("i", bytes(4 * len(self.depth)))
        for pattern in patterns:
            for state in self.unfinished(pattern):
                if alive[state]:
                    break  # marked from here to the root by an earlier pattern
                alive[state] = self.depth[state]
        for state in range(1, len(alive)):
            alive[state] = alive[state] or alive[self.fail[state]]
        return alive


def build_automaton(patterns: Sequence[Sequence[int]]) -> Automaton:
    """
    patterns: distinct, none empty; their numbers are their places in the sequence.

    :raises ValueError: for an empty or repeated pattern.
    """
    growing = _Growing(len(patterns))
    numbers: Sequence[int] = range(len(patterns))
    place = 0  # all patterns grow by one symbol at a time: states are then numbered by depth
    while numbers:
        numbers = growing.unfinished(patterns, numbers, place)
        growing.grow(patterns, numbers, place)
        place += 1
    return growing.automaton()


class _Growing:
    """An automaton while its states are found, shallow ones first: a state's `fail` is there before it is needed."""

    __slots__ = ("_depth", "_edges", "_fail", "_parent", "_pattern", "_reached")

    def __init__(self, num_patterns: int) -> None:
        self._edges: dict[int, int] = {}
        self._depth, self._parent, self._fail = array("i", [0]), array("i", [0]), array("i", [0])
        self._pattern = array("i", [NO_PATTERN])
        self._reached = array("i", bytes(4 * num_patterns))  # by pattern: the state of its symbols so far

    def unfinished(self, patterns: Sequence[Sequence[int]], numbers: Sequence[int], place: int) -> list[int]:
        """
        Those of the patterns that have a symbol at `place`; the others end where they are.

        :raises ValueError: for an empty or repeated pattern.
        """
        left = []
        for number in numbers:
            if place < len(patterns[number]):
                left.append(number)
                continue
            state = self._reached[number]
            if state == 0 or self._pattern[state] != NO_PATTERN:
                raise ValueError(f"pattern {number} is empty or repeats another")
            self._pattern[state] = number
        return left

    def grow(self, patterns: Sequence[Sequence[int]], numbers: Sequence[int], place: int) -> None:
        """Take each pattern on by its symbol at `place`. The loop of a large build: no calls but for a new state."""
        edges, reached = self._edges, self._reached
        following_of = edges.get
        for number in numbers:
            state, symbol = reached[number], patterns[number][place]
            key = state << SYMBOL_BITS | symbol
            following = following_of(key)
            if following is None:
                following = len(self._depth)
                self._fail.append(self._step(self._fail[state], symbol) if state else 0)
                edges[key] = following
                self._depth.append(place + 1)
                self._parent.append(state)
                self._pattern.append(NO_PATTERN)
            reached[number] = following

    def automaton(self) -> Automaton:
        report = array("i", bytes(4 * len(self._depth)))
        for state in range(1, len(report)):
            report[state] = state if self._pattern[state] != NO_PATTERN else report[self._fail[state]]
        return Automaton(self._edges, self._depth, self._parent, self._fail, self._pattern, report, self._reached)

    def _step(self, state: int, symbol: int) -> int:
        following = self._edges.get(state << SYMBOL_BITS | symbol)
        while following is None and state:
            state = self._fail[state]
            following = self._edges.get(state << SYMBOL_BITS | symbol)
        return following or 0
