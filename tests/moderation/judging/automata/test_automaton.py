"""Finding patterns in a sequence, and how much of it is alive."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.automata import automaton
from chatapp.moderation.judging.automata.automaton import (
    SYMBOL_BITS,
    Automaton,
    StoredEdges,
    build_automaton,
    edge_arrays,
)
from chatapp.moderation.judging.automata.large_automaton import alive_depth, build_large_automaton

symbols = st.integers(1, 3)
sequences = st.lists(symbols, max_size=30)
pattern_sets = st.lists(st.lists(symbols, min_size=1, max_size=4).map(tuple), min_size=1, max_size=6, unique=True)


def build(patterns):
    return build_automaton(["".join(map(chr, pattern)) for pattern in patterns])


def walk(machine: Automaton, sequence: list[int]):
    """The state after each symbol."""
    state = 0
    for symbol in sequence:
        entered = machine.edges.get(state << SYMBOL_BITS | symbol)
        while entered is None and state:
            state = machine.fail[state]
            entered = machine.edges.get(state << SYMBOL_BITS | symbol)
        state = entered or 0
        yield state


class TestAutomaton:
    @given(pattern_sets, sequences)
    def test_finds_every_pattern_where_it_ends_longest_first(self, patterns, sequence):
        built = build(patterns)

        found = [list(built.patterns_ending(state)) for state in walk(built, sequence)]

        expected = [
            sorted(
                (n for n, p in enumerate(patterns) if tuple(sequence[:end])[-len(p) :] == p),
                key=lambda number: -len(patterns[number]),
            )
            for end in range(1, len(sequence) + 1)
        ]
        assert found == expected

    @given(pattern_sets, sequences, st.data())
    def test_tells_the_longest_suffix_that_a_chosen_pattern_may_complete(self, patterns, sequence, data):
        chosen = data.draw(st.lists(st.integers(0, len(patterns) - 1), unique=True))
        built = build(patterns)
        alive_depth = built.alive_depth(chosen)

        for end, state in enumerate(walk(built, sequence), 1):
            suffixes = [tuple(sequence[start:end]) for start in range(end)]
            alive = [s for s in suffixes if any(s == patterns[n][: len(s)] != patterns[n] for n in chosen)]
            assert alive_depth[state] == max(map(len, alive), default=0)

    @given(pattern_sets)
    def test_numbers_states_so_that_a_suffix_comes_before_what_it_ends(self, patterns):
        built = build(patterns)

        assert all(built.fail[state] < state for state in range(1, len(built.fail)))

    @pytest.mark.parametrize("patterns", [[()], [(1, 2), (1, 2)]])
    def test_refuses_empty_and_repeated_patterns(self, patterns):
        with pytest.raises(ValueError, match="empty or repeats"):
            build(patterns)

    def test_without_patterns_finds_nothing(self):
        built = build_automaton([])

        assert list(walk(built, [1, 2])) == [0, 0]
        assert list(built.alive_depth([])) == [0]


class TestStoredEdges:
    @given(pattern_sets, sequences)
    def test_lead_where_the_built_ones_do(self, patterns, sequence):
        built = build(patterns)
        stored = replace(built, edges=StoredEdges(*edge_arrays(built.edges)))

        for _ in ("cold", "warm"):
            assert list(walk(stored, sequence)) == list(walk(built, sequence))

    @given(st.dictionaries(st.integers(0, 50), st.integers(1, 9)), st.lists(st.integers(0, 60), max_size=80))
    def test_answer_as_a_dictionary_does(self, edges, asked):
        stored = StoredEdges(*edge_arrays(edges))

        assert [stored.get(key) for key in asked] == [edges.get(key) for key in asked]

    def test_remember_a_bounded_number_of_ways_that_lead_nowhere(self, monkeypatch):
        monkeypatch.setattr(automaton, "_MAX_REMEMBERED_ABSENT", 10)
        stored = StoredEdges(*edge_arrays({1: 2}))

        assert [stored.get(key) for key in range(100)].count(None) == 99
        assert len(stored) == 11


class TestALargeAutomaton:
    @given(pattern_sets)
    def test_is_the_same_number_for_number(self, patterns):
        spelled = ["".join(map(chr, pattern)) for pattern in patterns]

        large, plain = build_large_automaton(spelled), build_automaton(spelled)

        assert edge_arrays(large.edges) == edge_arrays(plain.edges)
        assert replace(large, edges={}) == replace(plain, edges={})

    @given(pattern_sets, st.data())
    def test_tells_the_same_of_what_is_alive(self, patterns, data):
        chosen = data.draw(st.lists(st.integers(0, len(patterns) - 1), min_size=1, unique=True))
        built = build(patterns)

        assert alive_depth(built, chosen) == built.alive_depth(chosen)

    def test_has_states_for_halves_of_character_pairs_too(self):
        patterns = ["\ud800a", "\U0010ffff", "a\udfff"]

        large, plain = build_large_automaton(patterns), build_automaton(patterns)

        assert edge_arrays(large.edges) == edge_arrays(plain.edges)

    @pytest.mark.parametrize("patterns", [["a", "a"], ["ab", ""]])
    def test_refuses_what_the_other_refuses(self, patterns):
        with pytest.raises(ValueError, match="empty or repeats"):
            build_large_automaton(patterns)
