"""Finding patterns in a sequence, and how much of it is alive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.automaton import SYMBOL_BITS, Automaton, build_automaton

symbols = st.integers(1, 3)
sequences = st.lists(symbols, max_size=30)
pattern_sets = st.lists(st.lists(symbols, min_size=1, max_size=4).map(tuple), min_size=1, max_size=6, unique=True)


def walk(automaton: Automaton, sequence: list[int]):
    """The state after each symbol."""
    state = 0
    for symbol in sequence:
        entered = automaton.edges.get(state << SYMBOL_BITS | symbol)
        while entered is None and state:
            state = automaton.fail[state]
            entered = automaton.edges.get(state << SYMBOL_BITS | symbol)
        state = entered or 0
        yield state


class TestAutomaton:
    @given(pattern_sets, sequences)
    def test_finds_every_pattern_where_it_ends_longest_first(self, patterns, sequence):
        automaton = build_automaton(patterns)

        found = [list(automaton.patterns_ending(state)) for state in walk(automaton, sequence)]

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
        automaton = build_automaton(patterns)
        alive_depth = automaton.alive_depth(chosen)

        for end, state in enumerate(walk(automaton, sequence), 1):
            suffixes = [tuple(sequence[start:end]) for start in range(end)]
            alive = [s for s in suffixes if any(s == patterns[n][: len(s)] != patterns[n] for n in chosen)]
            assert alive_depth[state] == max(map(len, alive), default=0)

    @given(pattern_sets)
    def test_numbers_states_so_that_a_suffix_comes_before_what_it_ends(self, patterns):
        automaton = build_automaton(patterns)

        assert all(automaton.fail[state] < state for state in range(1, len(automaton.fail)))

    @pytest.mark.parametrize("patterns", [[()], [(1, 2), (1, 2)]])
    def test_refuses_empty_and_repeated_patterns(self, patterns):
        with pytest.raises(ValueError, match="empty or repeats"):
            build_automaton(patterns)

    def test_without_patterns_finds_nothing(self):
        automaton = build_automaton([])

        assert list(walk(automaton, [1, 2])) == [0, 0]
        assert list(automaton.alive_depth([])) == [0]
