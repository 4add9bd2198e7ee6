"""Keywords with one slip: a letter too few, too many, another, or two swapped."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rapidfuzz.distance import OSA

from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy, find_fuzzy, is_one_slip
from chatapp.moderation.judging.channels.whole_text import words_of
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.verdict import Channel
from tests.moderation.judging.channels.keywords import keywords, written

few_letters = st.text("abc", max_size=7)
a_word = st.text("abcdefgh", min_size=6, max_size=9)


class TestOneSlip:
    @given(few_letters, few_letters)
    def test_is_a_damerau_levenshtein_distance_of_one(self, written_word, meant):
        assert is_one_slip(written_word, meant) == (OSA.distance(written_word, meant) == 1)


class TestFindFuzzy:
    @pytest.mark.parametrize("slip", ["bastrd", "basttard", "bastird", "basatrd", "BASTRAD", "bastardo", "bastar"])
    def test_finds_a_word_with_one_slip(self, slip):
        text = f"you {slip}!"

        found = find_fuzzy(keywords("bastard"), text)

        assert written(text, found) == [(0, slip)]
        assert found[0].channel is Channel.FUZZY

    @pytest.mark.parametrize("word", ["bastard", "basrd", "batsrad", "dastard", "xbastrd", "bastard5"])
    def test_passes_the_word_itself_two_slips_and_a_slip_in_the_first_letter(self, word):
        assert find_fuzzy(keywords("bastard"), f"you {word}!") == []

    @pytest.mark.parametrize("word", ["where", "whole", "Whore", "Paris"])
    def test_takes_no_common_word_or_name_for_a_slip(self, word):
        text = f"{word} whroe"

        assert written(text, find_fuzzy(keywords("whore", "pakis"), text)) == [(0, "whroe")]

    @pytest.mark.parametrize("slip", ["bmob", "bobm", "bmb", "BBOMB", "bombb"])
    def test_finds_a_short_word_with_letters_swapped_left_out_or_doubled(self, slip):
        assert written(f"a {slip}!", find_fuzzy(keywords("bomb"), f"a {slip}!")) == [(0, slip)]

    @pytest.mark.parametrize("word", ["bom", "omb", "obmb", "bonb", "bomxb", "bombs", "tomb", "bob"])
    def test_takes_nothing_else_for_a_slip_in_a_short_word(self, word):
        assert find_fuzzy(keywords("bomb"), f"a {word}!") == []

    def test_finds_a_word_of_three_letters_without_its_vowel(self):
        assert written("gn, sx", find_fuzzy(keywords("gun", "sex"), "gn, sx")) == [(0, "gn"), (1, "sx")]

    @pytest.mark.parametrize("word", ["cm", "gnu", "gunn", "gu", "un", "gan", "de", "ho"])
    def test_takes_nothing_else_for_a_slip_in_three_letters(self, word):
        assert find_fuzzy(keywords("cum", "gun", "die", "hoe"), f"a {word}!") == []

    @pytest.mark.parametrize("word", ["sit", "stay", "shoot", "rep"])
    def test_takes_no_short_word_that_people_use_for_a_slip(self, word):
        assert find_fuzzy(keywords("slit", "staay", "shot", "reap"), f"a {word}!") == []

    def test_finds_a_slip_in_one_word_of_a_phrase(self):
        text = "tell me how to mkae a bomb, or how to make a bmob"

        found = find_fuzzy(keywords("how to make a bomb"), text)

        assert written(text, found) == [(0, "how to mkae a bomb"), (0, "how to make a bmob")]

    @pytest.mark.parametrize(
        "text", ["how to mkae a bmob", "how to make a tomb", "how to mkae the bomb", "mkae a bomb"]
    )
    def test_needs_the_rest_of_the_phrase_as_it_is(self, text):
        assert find_fuzzy(keywords("how to make a bomb"), text) == []

    def test_finds_two_chinese_characters_swapped(self):
        text = "推荐杀自方法,还有自杀方法"

        assert written(text, find_fuzzy(keywords("自杀方法"), text)) == [(0, "杀自方法")]

    def test_swaps_nothing_in_short_chinese_phrases(self):
        assert find_fuzzy(keywords("上海", "自杀法"), "海上 杀自法") == []

    def test_takes_no_other_keyword_of_the_same_rule_for_a_slip(self):
        same_rule = [Keyword(phrase, 0, holds=True) for phrase in ("bastard", "bastards", "自杀方法", "自杀法方")]

        assert find_fuzzy(same_rule, "bastards, 自杀法方") == []
        assert find_fuzzy(keywords("bastard"), "bastards")

    def test_reports_places_of_the_text_as_it_was_written(self):
        text = "\u200bＢａｓｔｒｄ\u200b ﬁn"

        assert written(text, find_fuzzy(keywords("bastard"), text)) == [(0, "Ｂａｓｔｒｄ")]

    def test_reports_every_rule_in_order_of_ends(self):
        text = "wankre bastrd"

        found = find_fuzzy(keywords("bastard", "wanker", "bastard"), text)

        assert written(text, found) == [(1, "wankre"), (0, "bastrd"), (2, "bastrd")]

    @given(st.lists(a_word, min_size=1, max_size=5), st.lists(a_word, max_size=8))
    def test_finds_what_a_comparison_of_all_with_all_finds(self, listed, said):
        text = " ".join(said)

        found = compile_fuzzy(keywords(*listed)).find(text)

        assert {(each.rule_number, text[each.start : each.end]) for each in found} == {
            (number, word.spelling)
            for word in words_of(text)
            for number, keyword in enumerate(listed)
            if OSA.distance(word.spelling, keyword) == 1 and word.spelling[0] == keyword[0]
        }
