"""What regular expressions say of edges: assertions, the longest match, light folding, phrases with gaps."""

import re
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, compile_regexes
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS, GappedPhrase
from tests.moderation.judging.detector_laws import alive_after, found_in, read_all
from tests.moderation.judging.expressions.regexes import (
    covered,
    is_taken,
    many,
    source_of,
    spans_in,
)

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
        reported = read_all(detector, text)

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

        assert not read_all(detector, "ass")
        assert detector.alive_from == 0
        assert [(found.start, found.end) for found in detector.copy().read(" ")] == [(0, 3)]
        assert not detector.read("e")
        assert detector.alive_from is None

    def test_of_the_end_are_settled_by_the_end(self):
        detector = source_of("ab$").start()

        assert not read_all(detector, "abab")
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

        found = read_all(detector, "<" + "x" * 300)

        assert [(one.start, one.end) for one in found] == [(0, MAX_MATCH_CHARS)]
        assert detector.alive_from is None

    def test_leaves_later_matches_their_own_length(self):
        text = "<" + "x" * 200 + "<" + "x" * 100 + ">"

        spans = spans_in(source_of("<.*>"), text)

        assert spans == [(0, MAX_MATCH_CHARS), (MAX_MATCH_CHARS, len(text))]

    def test_reports_an_endless_run_in_as_few_pieces_as_it_has_lengths(self):
        detector = source_of(r"\S+").start()

        found = read_all(detector, "x" * 1000)

        assert [(one.start, one.end) for one in found] == [(0, 256), (256, 512), (512, 768)]
        assert detector.alive_from == 768
        assert [(one.start, one.end) for one in detector.end()] == [(768, 1000)]

    def test_counts_characters_that_nobody_sees(self):
        detector = source_of("sk-[a-z]+").start()

        found = read_all(detector, "sk" + "\u200b" * 300)

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
