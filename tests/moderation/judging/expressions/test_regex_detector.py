"""Regular expressions as a detector: against a naive reader, over every cut, and in linear time."""

import random

from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.detecting import Detector, DetectorSource
from chatapp.moderation.judging.expressions.lazy_automaton import LazyAutomaton
from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, compile_regexes
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS, compile_regex
from tests.moderation.judging.detector_laws import alive_after, demand_independent_copies, found_in, read_all
from tests.moderation.judging.expressions.regexes import (
    ALPHABET,
    SOME_OTHER,
    covered,
    is_alive,
    many,
    matches_in,
    patterns,
    source_of,
    spans_in,
    texts,
)


class TestRegexDetector:
    def test_is_a_detector(self):
        source: DetectorSource = source_of("a")

        detector: Detector = source.start()

        assert detector.alive_from is None

    def test_without_patterns_finds_nothing(self):
        assert found_in(source_of(), "any text") == []

    @many
    @given(patterns, texts)
    def test_covers_what_the_matches_of_a_backtracking_engine_cover(self, pattern, text):
        spans = spans_in(source_of(pattern), text)

        assert covered(spans) == covered(matches_in(pattern, text))

    @many
    @given(patterns, texts)
    def test_reports_nothing_but_longest_matches(self, pattern, text):
        spans = spans_in(source_of(pattern), text)

        assert set(spans) <= set(matches_in(pattern, text))
        assert len(set(spans)) == len(spans)

    @many
    @given(patterns, texts)
    def test_is_alive_from_the_first_start_that_some_continuation_completes(self, pattern, text):
        alive_from = alive_after(source_of(pattern), text)

        assert alive_from == next((start for start in range(len(text)) if is_alive(pattern, text, start)), None)

    @many
    @given(patterns, texts)
    def test_reports_a_match_as_soon_as_its_start_is_dead(self, pattern, text):
        detector = source_of(pattern).start()
        reported = covered((found.start, found.end) for found in read_all(detector, text))

        matches = matches_in(pattern, text)
        still_open = covered(span for span in matches if is_alive(pattern, text, span[0]))
        dead = covered(span for span in matches if not is_alive(pattern, text, span[0]))
        assert dead - still_open <= reported <= dead

    @many
    @given(st.lists(patterns, min_size=2, max_size=4), st.data())
    def test_finds_each_pattern_as_if_it_were_alone(self, several, data):
        text = data.draw(texts)
        holds = data.draw(st.lists(st.booleans(), min_size=len(several), max_size=len(several)))
        together = compile_regexes([RegexPattern(p, n, h) for n, (p, h) in enumerate(zip(several, holds, strict=True))])

        found = found_in(together, text)

        for number, pattern in enumerate(several):
            mine = [(one.start, one.end) for one in found if one.rule_number == number]
            assert mine == spans_in(source_of(pattern), text)
        alive = [alive_after(source_of(p), text) for p, h in zip(several, holds, strict=True) if h]
        assert alive_after(together, text) == min((a for a in alive if a is not None), default=None)

    @many
    @given(st.lists(patterns, min_size=1, max_size=3), texts)
    def test_reports_in_order_of_ends_then_starts_after_each_character(self, several, text):
        detector = source_of(*several).start()

        for reported in [*map(detector.read, text), detector.end()]:
            assert list(reported) == sorted(reported, key=lambda found: (found.end, found.start))

    def test_reports_what_ends_with_one_character_by_its_start(self):
        found = found_in(source_of("b", "ab", "cab"), "cab")

        assert [(one.rule_number, one.start, one.end) for one in found] == [(2, 0, 3), (1, 1, 3), (0, 2, 3)]

    def test_leaves_out_what_lies_inside_an_open_match(self):
        assert spans_in(source_of(r"abc*|b\b"), "ab ") == [(0, 2)]

    @many
    @given(patterns, st.integers(2, 5), st.text(ALPHABET + SOME_OTHER, max_size=24))
    def test_covers_pieces_of_what_outlives_the_cap(self, pattern, cap, text):
        spans = spans_in(source_of(pattern, max_match_chars=cap), text)

        assert covered(spans) == covered(matches_in(pattern, text, max_match_chars=cap))
        assert all(end - start <= cap for start, end in spans)
        assert sum(end - start == cap for start, end in spans) <= len(text)

    @many
    @given(patterns, st.integers(2, 5), st.text(ALPHABET + SOME_OTHER, max_size=24))
    def test_never_reports_a_character_that_was_not_alive(self, pattern, cap, text):
        detector = source_of(pattern, max_match_chars=cap).start()
        num_released = 0

        for number, char in enumerate(text, 1):
            assert all(found.start >= num_released for found in detector.read(char))
            num_released = number if detector.alive_from is None else detector.alive_from

        assert all(found.start >= num_released for found in detector.end())

    @many
    @given(st.lists(patterns, min_size=1, max_size=2), texts, texts, texts)
    def test_copies_stand_where_it_stood_and_go_their_own_way(self, several, before, after, other):
        demand_independent_copies(source_of(*several, max_match_chars=4), before, after, other)

    @many
    @given(st.lists(patterns, min_size=1, max_size=3), st.text(ALPHABET + SOME_OTHER, max_size=24), st.data())
    def test_finds_the_same_whatever_its_automaton_forgot(self, several, text, data):
        source = source_of(*several)
        expected = found_in(source, text)

        source.automaton = LazyAutomaton(
            [compile_regex(pattern) for pattern in several],
            holding=source.holding,
            max_remembered_steps=data.draw(st.integers(1, 4)),
        )

        assert found_in(source, text) == expected
        assert found_in(source, text) == expected

    def test_holds_nothing_for_a_pattern_that_only_flags(self):
        source = source_of("abc", holds=False)

        detector = source.start()

        assert not read_all(detector, "ab")
        assert detector.alive_from is None
        assert [(found.start, found.end) for found in detector.read("c")] == [(0, 3)]


class TestTime:
    def test_is_linear_where_a_backtracking_engine_is_not(self):
        source = source_of("(a|aa)+b")
        detector = source.start()

        read_all(detector, "a" * 256)

        assert source.automaton.num_steps_built <= 3
        assert len(detector._starts) <= 4

    def test_of_an_idle_detector_is_one_step_for_each_kind_of_character(self):
        source = source_of("a+b", r"\d{4}")
        detector = source.start()

        read_all(detector, "你好，世界。" * 50)

        assert source.automaton.num_steps_built <= 2

    def test_does_not_grow_with_the_text(self):
        detector = source_of(r"\S+", ".*!").start()

        read_all(detector, "x" * 2000)

        assert max(starts.bit_length() for starts in detector._starts) <= 2 * MAX_MATCH_CHARS

    def test_and_space_stay_bounded_when_every_step_is_new(self):
        source = source_of("(?:a|b)*a(?:a|b){12}-")
        source.automaton = LazyAutomaton([compile_regex("(?:a|b)*a(?:a|b){12}-")], max_remembered_steps=100)
        detector = source.start()

        read_all(detector, "".join(random.Random(1).choices("ab", k=2000)))

        assert len(source.automaton._states) <= 101
