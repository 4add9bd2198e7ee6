"""Finding regular expressions in a text as it streams."""

import os
import random
import re
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.detecting import Detector, DetectorSource
from chatapp.moderation.judging.expressions.lazy_automaton import LazyAutomaton
from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, RegexSource, compile_regexes
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS, GappedPhrase, compile_regex
from tests.moderation.judging.expressions.regexes import (
    ALPHABET,
    SOME_OTHER,
    covered,
    found_in,
    is_alive,
    is_taken,
    matches_in,
    patterns,
    read,
    source_of,
    spans_in,
    texts,
)

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)


def alive_after(source: RegexSource, text: str) -> int | None:
    detector = source.start()
    read(detector, text)
    return detector.alive_from


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
        reported = covered((found.start, found.end) for found in read(detector, text))

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
        source = source_of(*several, max_match_chars=4)
        original = source.start()
        read(original, before)

        twin = original.copy()
        read(twin, other)
        twin.end()

        straight = source.start()
        read(straight, before)
        assert original.alive_from == straight.alive_from
        assert [*read(original, after), *original.end()] == [*read(straight, after), *straight.end()]

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

        assert not read(detector, "ab")
        assert detector.alive_from is None
        assert [(found.start, found.end) for found in detector.read("c")] == [(0, 3)]


class TestTime:
    def test_is_linear_where_a_backtracking_engine_is_not(self):
        source = source_of("(a|aa)+b")
        detector = source.start()

        read(detector, "a" * 256)

        assert source.automaton.num_steps_built <= 3
        assert len(detector._starts) <= 4

    def test_of_an_idle_detector_is_one_step_for_each_kind_of_character(self):
        source = source_of("a+b", r"\d{4}")
        detector = source.start()

        read(detector, "你好，世界。" * 50)

        assert source.automaton.num_steps_built <= 2

    def test_does_not_grow_with_the_text(self):
        detector = source_of(r"\S+", ".*!").start()

        read(detector, "x" * 2000)

        assert max(starts.bit_length() for starts in detector._starts) <= 2 * MAX_MATCH_CHARS

    def test_and_space_stay_bounded_when_every_step_is_new(self):
        source = source_of("(?:a|b)*a(?:a|b){12}-")
        source.automaton = LazyAutomaton([compile_regex("(?:a|b)*a(?:a|b){12}-")], max_remembered_steps=100)
        detector = source.start()

        read(detector, "".join(random.Random(1).choices("ab", k=2000)))

        assert len(source.automaton._states) <= 101


# Every one of these needs at most three more characters to be completed, from wherever it stands.
asserting_patterns = (
    st.lists(st.sampled_from(["a", "-", r"\b", r"\B", "^", "$", "[a-]", "(?:-a|a)", "-?"]), min_size=1, max_size=4)
    .map("".join)
    .filter(is_taken)
    .filter(lambda pattern: len(pattern.replace("(?:-a|a)", "aa").replace("[a-]", "a")) < 9)
)
short_texts = st.text("a-", max_size=6)


def is_asserted_match(pattern: str, text: str, start: int, end: int) -> bool:
    """A match with the whole text on both sides, which `fullmatch` of a part would not see."""
    rest = len(text) - end
    return re.compile(rf"(?:{pattern})(?=[a-]{{{rest}}}\Z)").match(text, start) is not None


class TestAssertions:
    @many
    @given(asserting_patterns, short_texts)
    def test_hold_as_in_a_backtracking_engine(self, pattern, text):
        spans = spans_in(source_of(pattern), text)

        assert covered(spans) == covered(
            (start, end)
            for start in range(len(text))
            for end in range(start + 1, len(text) + 1)
            if is_asserted_match(pattern, text, start, end)
        )

    @many
    @given(asserting_patterns, short_texts)
    def test_keep_a_start_alive_only_where_something_may_still_come_of_it(self, pattern, text):
        source = source_of(pattern)
        detector = source.start()
        reported = read(detector, text)

        alive_from = detector.alive_from

        may_come = {
            found.start
            for num_chars in range(6)
            for more in product("a-", repeat=num_chars)
            for found in found_in(source, text + "".join(more))
            if found not in reported and found.start < len(text)
        }
        assert alive_from == min(may_come, default=None)

    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("an ass", [(3, 6)]),
            ("an ass.", [(3, 6)]),
            ("assess", []),
            ("class", []),
            ("他是ass吗", [(2, 5)]),
            ("ass\u200bess", []),
            ("ass\u200b", [(0, 3)]),
            ("ass\u200b!", [(0, 3)]),
        ],
    )
    def test_take_a_word_as_keywords_do(self, text, spans):
        assert spans_in(source_of(r"\bass\b"), text) == spans

    def test_of_a_boundary_are_settled_by_the_next_character(self):
        detector = source_of(r"\bass\b").start()

        assert not read(detector, "ass")
        assert detector.alive_from == 0
        assert [(found.start, found.end) for found in detector.copy().read(" ")] == [(0, 3)]
        assert not detector.read("e")
        assert detector.alive_from is None

    def test_of_the_end_are_settled_by_the_end(self):
        detector = source_of("ab$").start()

        assert not read(detector, "abab")
        assert detector.alive_from == 2
        assert [(found.start, found.end) for found in detector.end()] == [(2, 4)]

    def test_that_contradict_what_stands_there_hold_nothing(self):
        assert alive_after(source_of(r"a(?:\bb|c)"), "a") == 0
        assert alive_after(source_of(r"a(?:\b-b|$-)"), "-a") == 1
        assert alive_after(source_of(r"a(?:\bb|-)"), "aa") == 1
        assert alive_after(source_of(r"[a-](?:\bb|^)x?"), "a") is None


class TestTheCap:
    def test_fires_for_what_could_still_be_lengthened(self):
        spans = spans_in(source_of("sk-[A-Za-z0-9]{20,}"), "a sk-" + "x" * 300 + " b")

        assert spans == [(2, 2 + MAX_MATCH_CHARS)]

    def test_fires_for_what_never_came_to_its_end(self):
        detector = source_of("<.*>").start()

        found = read(detector, "<" + "x" * 300)

        assert [(one.start, one.end) for one in found] == [(0, MAX_MATCH_CHARS)]
        assert detector.alive_from is None

    def test_leaves_later_matches_their_own_length(self):
        text = "<" + "x" * 200 + "<" + "x" * 100 + ">"

        spans = spans_in(source_of("<.*>"), text)

        assert spans == [(0, MAX_MATCH_CHARS), (MAX_MATCH_CHARS, len(text))]

    def test_reports_an_endless_run_in_as_few_pieces_as_it_has_lengths(self):
        detector = source_of(r"\S+").start()

        found = read(detector, "x" * 1000)

        assert [(one.start, one.end) for one in found] == [(0, 256), (256, 512), (512, 768)]
        assert detector.alive_from == 768
        assert [(one.start, one.end) for one in detector.end()] == [(768, 1000)]

    def test_counts_characters_that_nobody_sees(self):
        detector = source_of("sk-[a-z]+").start()

        found = read(detector, "sk" + "\u200b" * 300)

        assert [(one.start, one.end) for one in found] == [(0, MAX_MATCH_CHARS)]

    def test_lets_every_start_of_a_word_live_as_long_as_it_may(self):
        text = "x" * 255 + "@y"

        spans = spans_in(source_of("x+@y"), text)

        assert spans == [(0, 256), (256, 257)]


class TestLightFold:
    @pytest.mark.parametrize(
        ("pattern", "text", "spans"),
        [
            (r"1[3-9]\d{9}", "电话１３８12345678", [(2, 13)]),
            (r"1[3-9]\d{9}", "电话①③⑧12345678", [(2, 13)]),
            (r"\d{4}", "١٢٣٤", [(0, 4)]),
            ("[Ａ-Ｚ]{2}", "xABx", [(1, 3)]),
            ("Ａ", "A", [(0, 1)]),
            ("sk-a", "s\u200bk\ufe0f-\u0301a\u200b", [(0, 7)]),
            ("ab", "a\u00adb", [(0, 3)]),
            (r"a\sb", "a\u3000b", [(0, 3)]),
            ("㎏", "㎏", [(0, 1)]),
            ("kg", "㎏", []),
            ("加微信", "加微信", [(0, 3)]),
        ],
    )
    def test_decides_what_a_pattern_sees(self, pattern, text, spans):
        assert spans_in(source_of(pattern), text) == spans

    @pytest.mark.parametrize(
        ("pattern", "text", "spans"),
        [
            ("(?i)SK-[a-f]+", "sk-AbCx", [(0, 6)]),
            ("(?i)[^a]b", "Ab", []),
            ("(?i)straẞe", "STRAßE", [(0, 6)]),
            ("(?i:a)b", "Ab AB", [(0, 2)]),
            ("(?i)(?-i:a)b", "aB Ab", [(0, 2)]),
            ("(?i)[Ａ-Ｚ]{2}", "ab", [(0, 2)]),
            ("a.b", "a\nb", []),
            ("(?s)a.b", "a\nb", [(0, 3)]),
        ],
    )
    def test_and_flags(self, pattern, text, spans):
        assert spans_in(source_of(pattern), text) == spans


class TestAGappedPhrase:
    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("加我微信", [(0, 4)]),
            ("加微信", [(0, 3)]),
            ("加一下我的微信", []),
            ("加\n微\u200b信", [(0, 5)]),
            ("加加微信", [(0, 4)]),
            ("加微微信", [(0, 4)]),
        ],
    )
    def test_matches_with_so_many_characters_between_its_words(self, text, spans):
        source = compile_regexes([RegexPattern(GappedPhrase(("加", "微信"), max_gap_chars=3), 0, holds=True)])

        assert spans_in(source, text) == spans

    @pytest.mark.parametrize(
        ("text", "spans"),
        [
            ("FREE money", [(0, 10)]),
            ("free  the money!", []),
            ("ｆｒｅｅ—money", [(0, 10)]),
            ("carefree money", []),
            ("free moneymaker", []),
        ],
    )
    def test_wants_latin_words_to_stand_alone(self, text, spans):
        source = compile_regexes([RegexPattern(GappedPhrase(("free", "money"), max_gap_chars=2), 0, holds=True)])

        assert spans_in(source, text) == spans

    @many
    @given(st.integers(0, 3), st.text("甲乙丙", max_size=14))
    def test_covers_what_the_expression_for_it_covers(self, gap, text):
        source = compile_regexes([RegexPattern(GappedPhrase(("甲乙", "丙", "甲"), gap), 0, holds=True)])

        assert spans_in(source, text) == spans_in(source_of(f"甲乙.{{0,{gap}}}丙.{{0,{gap}}}甲"), text)
