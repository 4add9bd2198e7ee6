"""What counts as the same letter."""

import sys
import unicodedata

import pytest

from chatapp.moderation.judging.text.normalise import (
    WORD_END,
    WORD_START,
    fold,
    fold_text,
    is_word_symbol,
    pattern_symbols,
)
from chatapp.moderation.judging.text.traditional import SIMPLIFIED_BY_TRADITIONAL


class TestFold:
    @pytest.mark.parametrize(
        ("written", "seen"),
        [
            ("BOMB", "bomb"),
            ("ｂｏｍｂ", "bomb"),
            ("𝐛𝐨𝐦𝐛", "bomb"),
            ("ⓑⓞⓜⓑ", "bomb"),
            ("bömb", "bomb"),
            ("bo\u0308mb", "bomb"),
            ("b\u200bo\u200dm\u00adb\ufeff", "bomb"),
            ("b\U000e0061omb\ufe0f", "bomb"),
            ("b\u202eomb\x00", "bomb"),
            ("Straße", "strasse"),
            ("ﬁne", "fine"),
            ("路口\u3000交通", "路口 交通"),
            ("路口\n交通", "路口 交通"),
            ("炸彈製作", "炸弹制作"),
            ("⾃殺", "自杀"),
            ("😀", "😀"),
            ("\u115f\u3164炸弹", "炸弹"),
        ],
    )
    def test_sees_through(self, written, seen):
        assert fold_text(written) == seen

    def test_of_every_character_of_unicode_is_visible_and_stays_as_it_is(self):
        unstable: list[str] = []
        symbols: set[str] = set()

        for code in range(sys.maxunicode + 1):
            folded = fold(chr(code))
            symbols.update(folded)
            if folded != "".join(map(fold, folded)):
                unstable.append(hex(code))

        assert unstable == []
        assert not symbols & {chr(WORD_START), chr(WORD_END)}
        assert not [symbol for symbol in symbols if unicodedata.category(symbol) in {"Mn", "Me", "Cf", "Cc"}]

    def test_takes_half_a_surrogate_pair_as_it_is(self):
        assert fold("\ud83d") == "\ud83d"

    def test_leaves_no_traditional_character_with_a_simplified_form(self):
        assert len(SIMPLIFIED_BY_TRADITIONAL) > 4000
        assert not SIMPLIFIED_BY_TRADITIONAL.keys() & set(SIMPLIFIED_BY_TRADITIONAL.values())


class TestPatternSymbols:
    def test_puts_bounds_around_latin_words_only(self):
        spelled = [chr(symbol) for symbol in pattern_symbols("做 a Bomb吧")]

        assert spelled == ["做", " ", "\x02", "a", "\x03", " ", "\x02", "b", "o", "m", "b", "\x03", "吧"]

    def test_is_the_same_for_every_spelling_of_a_phrase(self):
        assert pattern_symbols(" KILL Ｙourself ") == pattern_symbols("kill your\u200bself")

    @pytest.mark.parametrize("blank", ["", "  ", "\u200b", "\u0301"])
    def test_is_empty_for_what_nobody_sees(self, blank):
        assert pattern_symbols(blank) == ()

    def test_counts_scripts_written_with_spaces_as_words(self):
        assert all(map(is_word_symbol, "azé0яω"))
        assert not any(map(is_word_symbol, "口あ한-_ '"))
