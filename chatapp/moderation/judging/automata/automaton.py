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
_SYMBOL_MASK = (1 << SYMBOL_BITS) - 1
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
        if not patterns:
            return array("i", bytes(4 * len(self.depth)))
        alive = [0] * len(self.depth)
        depth, parent, pattern_end = self.depth, self.parent, self.pattern_end
        for pattern in patterns:
            state = parent[pattern_end[pattern]]
            while state and not alive[state]:  # what is marked is so to the root, by an earlier pattern
                alive[state] = depth[state]
                state = parent[state]
        for state, suffix in enumerate(self.fail):  # a shorter one's is known before
            if not alive[state]:
                alive[state] = alive[suffix]
        return array("i", alive)


def build_automaton(patterns: Sequence[str]) -> Automaton:
    """
    patterns: distinct, none empty; their numbers are their places in the sequence.

    :raises ValueError: for an empty or repeated pattern.
    """
    if len(set(patterns)) != len(patterns) or "" in patterns:
        raise ValueError("a pattern is empty or repeats another")
    growing = _Growing(patterns)
    while growing.is_unfinished:  # all patterns grow by one symbol at a time: states are then numbered by depth
        growing.grow()
    return growing.automaton()


class _Growing:
    """
    An automaton while its states are found, shallow ones first: a state's `fail` is there before it is needed.

    Patterns grow in their order, so those that share a state stand beside each other: a new state is known without a
    look, and the edges are in order too. They are copied in that order: a hundred thousand strings met in the order of
    their memory take a third of the time.
    """

    __slots__ = (
        "_depth",
        "_edges",
        "_fail",
        "_left",
        "_numbers",
        "_parent",
        "_pattern",
        "_patterns",
        "_place",
        "_reached",
    )

    def __init__(self, patterns: Sequence[str]) -> None:
        self._numbers = sorted(range(len(patterns)), key=patterns.__getitem__)
        self._patterns = [patterns[number][:1] + patterns[number][1:] for number in self._numbers]
        self._left: Sequence[int] = range(len(patterns))  # the places in that order of those that go on
        self._place = 0  # how many symbols they have grown by
        self._reached = [0] * len(patterns)  # by place in that order: the state of the symbols so far
        self._edges: dict[int, int] = {}
        self._depth, self._parent, self._fail, self._pattern = [0], [0], [0], [NO_PATTERN]

    @property
    def is_unfinished(self) -> bool:
        return bool(self._left)

    def grow(self) -> None:
        """Take each pattern on by a symbol; those that have no more end there."""
        num_before = len(self._parent)
        self._take_symbol()
        num_new = len(self._parent) - num_before
        self._place += 1
        self._depth += [self._place] * num_new
        self._pattern += [NO_PATTERN] * num_new
        patterns, place, left = self._patterns, self._place, []
        for rank in self._left:
            if len(patterns[rank]) == place:
                self._pattern[self._reached[rank]] = self._numbers[rank]
            else:
                left.append(rank)
        self._left = left

    def _take_symbol(self) -> None:
        """The loop of a large build: no calls but look-ups."""
        edges, parent, fail, reached = self._edges, self._parent, self._fail, self._reached
        patterns, place, following_of = self._patterns, self._place, self._edges.get
        key_before, following = -1, len(parent) - 1
        for rank in self._left:
            state = reached[rank]
            key = state << SYMBOL_BITS | ord(patterns[rank][place])
            if key != key_before:
                key_before = key
                following += 1
                edges[key] = following
                parent.append(state)
                symbol, suffix, longest = key & _SYMBOL_MASK, state, None
                while longest is None and suffix:
                    suffix = fail[suffix]
                    longest = following_of(suffix << SYMBOL_BITS | symbol)
                fail.append(longest or 0)
            reached[rank] = following

    def automaton(self) -> Automaton:
        report: list[int] = []
        for state, (pattern, suffix) in enumerate(zip(self._pattern, self._fail, strict=True)):
            report.append(report[suffix] if pattern == NO_PATTERN and state else state)
        pattern_end = [0] * len(self._numbers)
        for number, state in zip(self._numbers, self._reached, strict=True):
            pattern_end[number] = state
        flat = (self._depth, self._parent, self._fail, self._pattern, report, pattern_end)
        return Automaton(self._edges, *(array("i", values) for values in flat))
