"""
Aho–Corasick over integers, kept as flat arrays. Owns finding; knows neither characters nor rules.

Source: Aho and Corasick 1975, "Efficient string matching", doi:10.1145/360825.360855. Beside it, each state tells how
much of the input is still alive: the longest suffix that some pattern may yet complete. That is the exact hold-back.
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

# An edge's key is `state << SYMBOL_BITS | symbol`; symbols are Unicode code points, below 0x110000.
SYMBOL_BITS = 21
NO_PATTERN = -1


@dataclass(frozen=True, slots=True)
class Automaton:
    """
    States are numbered by depth, 0 is the root, so a state's `fail` is always a smaller number.

    depth: symbols from the root. parent: the state one symbol earlier.
    fail: the longest proper suffix that is a state.
    pattern: the pattern that ends in this state, or NO_PATTERN.
    report: the first state along the suffixes (itself included) in which a pattern ends, or 0.
    """

    edge_keys: array[int]
    edge_targets: array[int]
    depth: array[int]
    parent: array[int]
    fail: array[int]
    pattern: array[int]
    report: array[int]
    pattern_end: array[int]  # by pattern: its last state
    edges: dict[int, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", dict(zip(self.edge_keys, self.edge_targets, strict=True)))

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
    children, ends = _trie(patterns)
    return _arrays(children, ends)


def _trie(patterns: Sequence[Sequence[int]]) -> tuple[list[dict[int, int]], dict[int, int]]:
    """Children by state, and the pattern by its last state; states in order of insertion."""
    children: list[dict[int, int]] = [{}]
    ends: dict[int, int] = {}
    for number, symbols in enumerate(patterns):
        state = 0
        for symbol in symbols:
            following = children[state].get(symbol)
            if following is None:
                following = len(children)
                children[state][symbol] = following
                children.append({})
            state = following
        if state == 0 or state in ends:
            raise ValueError(f"pattern {number} is empty or repeats another")
        ends[state] = number
    return children, ends


def _arrays(children: list[dict[int, int]], ends: dict[int, int]) -> Automaton:
    size = len(children)
    depth, parent, fail, report = (array("i", bytes(4 * size)) for _ in range(4))
    pattern = array("i", [NO_PATTERN]) * size
    pattern_end = array("i", bytes(4 * len(ends)))
    edges: dict[int, int] = {}
    trie_state = [0]  # by new number: breadth first, so that `fail` is always done before it is needed
    for state in range(size):
        for symbol, child in children[trie_state[state]].items():
            following = len(trie_state)
            trie_state.append(child)
            depth[following], parent[following] = depth[state] + 1, state
            fail[following] = _step(edges, fail, fail[state], symbol) if state else 0
            edges[state << SYMBOL_BITS | symbol] = following
    for state in range(1, size):
        if (number := ends.get(trie_state[state], NO_PATTERN)) != NO_PATTERN:
            pattern[state], pattern_end[number] = number, state
        report[state] = state if pattern[state] != NO_PATTERN else report[fail[state]]
    return Automaton(
        array("Q", edges.keys()), array("i", edges.values()), depth, parent, fail, pattern, report, pattern_end
    )


def _step(edges: dict[int, int], fail: array[int], state: int, symbol: int) -> int:
    following = edges.get(state << SYMBOL_BITS | symbol)
    while following is None and state:
        state = fail[state]
        following = edges.get(state << SYMBOL_BITS | symbol)
    return following or 0
