"""Sets of characters, and what a pattern sees of a text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.expressions.char_sets import (
    ANYTHING,
    MAX_CODE,
    SPACE,
    WORD,
    CharSet,
    digits,
    ignoring_case,
    light_fold,
    range_as_read,
)

ranges = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), max_size=4)
codes = range(14)


def members(written: list[tuple[int, int]]) -> set[int]:
    return {code for first, last in written for code in range(first, last + 1)}


class TestCharSet:
    @given(ranges, ranges)
    def test_is_a_set(self, written, other):
        chars, others = CharSet.of(written), CharSet.of(other)

        assert {code for code in codes if code in chars} == members(written)
        assert {code for code in codes if code in chars | others} == members(written) | members(other)
        assert {code for code in codes if code in chars.complement()} == set(codes) - members(written)
        assert chars.meets(others) == bool(members(written) & members(other))

    @given(ranges)
    def test_has_one_form(self, written):
        chars = CharSet.of(written)

        assert chars == CharSet.of_codes(members(written))
        assert chars.complement().complement() == chars
        assert chars | chars.complement() == ANYTHING

    def test_reaches_to_the_last_character(self):
        assert MAX_CODE in ANYTHING
        assert ANYTHING.complement() == CharSet(())

    @pytest.mark.parametrize(
        ("chars", "inside", "outside"),
        [(digits(), "09٣९", "a²一"), (SPACE, " \t\n\u3000\u2028", "a\u200b"), (WORD, "aZ0_éжß", "一-あ ٣")],
    )
    def test_of_a_category_has_its_characters(self, chars, inside, outside):
        assert all(ord(char) in chars for char in inside)
        assert not any(ord(char) in chars for char in outside)


class TestIgnoringCase:
    @pytest.mark.parametrize("family", ["aA", "kK\u212a", "sSſ", "σςΣ", "ßẞ", "éÉ", "жЖ"])
    def test_adds_every_other_case(self, family):
        for char in family:
            assert ignoring_case(CharSet.of_codes([ord(char)])) == CharSet.of_codes(map(ord, family))

    def test_adds_nothing_to_what_has_no_case(self):
        chars = CharSet.of([(ord("一"), ord("龥")), (ord("0"), ord("9"))])

        assert ignoring_case(chars) == chars


class TestLightFold:
    @given(st.characters())
    def test_leaves_one_character_or_none_and_folds_it_no_further(self, char):
        folded = light_fold(char)

        assert len(folded) <= 1
        assert light_fold(folded) == folded if folded else True

    @pytest.mark.parametrize(
        ("char", "folded"),
        [
            ("Ａ", "A"),
            ("①", "1"),
            ("ｶ", "カ"),
            ("㎏", "㎏"),
            ("\u200b", ""),
            ("\ufe0f", ""),
            ("\U000e0041", ""),
            ("\n", "\n"),
        ],
    )
    def test_is_light(self, char, folded):
        assert light_fold(char) == folded


class TestRangeAsRead:
    def test_is_also_what_it_folds_to_as_a_whole(self):
        assert range_as_read(ord("Ａ"), ord("Ｚ")) == CharSet.of([(ord("A"), ord("Z")), (ord("Ａ"), ord("Ｚ"))])
        assert range_as_read(ord("α"), ord("ϖ")) == CharSet.of([(ord("α"), ord("ϖ"))])
