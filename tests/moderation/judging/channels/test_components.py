"""Characters written as their two parts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.channels.component_table import character_parts
from chatapp.moderation.judging.channels.components import compile_components, find_components
from chatapp.moderation.judging.text.normalise import fold
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import keywords, written


class TestFindComponents:
    @pytest.mark.parametrize(
        ("keyword", "text", "as_written"),
        [
            ("婊子", "你这女表子!", "女表子"),
            ("强奸", "弓虽女干犯", "弓虽女干"),
            ("强奸", "强女干犯", "强女干"),
            ("强奸", "弓虽奸犯", "弓虽奸"),
            ("炸弹", "做火乍弓單", "火乍弓單"),
        ],
    )
    def test_finds_keywords_with_any_of_their_characters_taken_apart(self, keyword, text, as_written):
        found = find_components(keywords(keyword), text)

        assert written(text, found) == [(0, as_written)]
        assert found[0].channel is Channel.COMPONENTS

    @pytest.mark.parametrize(("radical", "char"), ["亻人", "忄心", "犭犬", "氵水", "⺡水"])
    def test_takes_a_radical_for_the_character_people_type_for_it(self, radical, char):
        keyword = {"人": "他们", "心": "情人", "犬": "狗狗", "水": "泳衣"}[char]
        other = {"人": "也", "心": "青", "犬": "句", "水": "永"}[char]

        for first in (radical, char):
            assert find_components(keywords(keyword), first + other + keyword[1])

    def test_leaves_what_is_written_plainly_to_other_channels(self):
        assert find_components(keywords("婊子"), "婊子") == []

    @pytest.mark.parametrize("text", ["女 表子", "女表", "表女子", "子女表"])
    def test_needs_the_parts_side_by_side_and_the_whole_keyword(self, text):
        assert find_components(keywords("婊子"), text) == []

    def test_never_looks_for_a_single_character(self):
        assert find_components(keywords("好"), "女子篮球") == []

    def test_finds_several_keywords_in_order_of_their_ends(self):
        text = "火乍弹和女表子"

        assert written(text, find_components(keywords("婊子", "炸弹", "婊子"), text)) == [
            (1, "火乍弹"),
            (0, "女表子"),
            (2, "女表子"),
        ]

    @given(st.lists(st.sampled_from(character_parts()), min_size=2, max_size=5), st.data())
    def test_finds_every_way_to_take_some_characters_apart(self, chars, data):
        apart = data.draw(st.lists(st.booleans(), min_size=len(chars), max_size=len(chars)).filter(any))
        keyword = "".join(char for char, _ in chars)
        text = "".join(parts if split else char for (char, parts), split in zip(chars, apart, strict=True))

        found = compile_components(keywords(keyword)).find(f"。{text}。")

        assert (1, 1 + len(text)) in {(each.start, each.end) for each in found}


class TestTheTable:
    def test_is_written_as_rules_see_it(self):
        assert all(fold(symbol) == symbol for char, parts in character_parts() for symbol in char + parts)

    def test_takes_each_character_into_two_others(self):
        assert len(character_parts()) > 5_000
        assert all(len(char) == 1 and len(parts) == 2 and char not in parts for char, parts in character_parts())
