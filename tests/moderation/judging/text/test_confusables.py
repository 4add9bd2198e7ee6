"""Letters of other scripts that look Latin."""

import unicodedata

import pytest

from chatapp.moderation.judging.gate import find_matches
from chatapp.moderation.judging.text.confusables import LATIN_BY_LOOKALIKE
from chatapp.moderation.judging.text.normalise import fold, fold_text
from chatapp.moderation.judging.verdict import Stage
from tests.moderation.judging.making import make_rule, make_ruleset


class TestLookalikes:
    @pytest.mark.parametrize(
        ("written", "seen"),
        [
            ("bоmb", "bomb"),
            ("ВОМВ", "bomb"),
            ("вомв", "bomb"),
            ("ƅσmb", "bomb"),
            ("κіll", "kill"),
            ("ᴋɪʟʟ", "kill"),
            ("🅺🅸🅻🅻", "kill"),
            ("кіꓡꓡ", "kill"),
            ("bøøbs", "boobs"),
            ("𝐛𝗼𝓶𝕓", "bomb"),
        ],
    )
    def test_are_seen_as_the_letter(self, written, seen):
        assert fold_text(written) == seen

    @pytest.mark.parametrize("written", ["burn", "rn", "1l0OI|", "二〇二四", "5 × 3", "ლომი", "שלום", "سلام", "ഠ"])
    def test_are_no_letters_that_honest_text_of_their_script_or_of_ascii_needs(self, written):
        assert fold_text(written) == "".join(
            symbol for symbol in unicodedata.normalize("NFKD", written).casefold() if not unicodedata.combining(symbol)
        )

    def test_lead_from_one_character_outside_ascii_to_one_latin_letter(self):
        assert len(LATIN_BY_LOOKALIKE) > 300
        assert all(len(lookalike) == 1 and not lookalike.isascii() for lookalike in LATIN_BY_LOOKALIKE)
        assert set(LATIN_BY_LOOKALIKE.values()) == set("abcdefghijklmnopqrstuvwxyz")
        assert all(fold(lookalike) == letter for lookalike, letter in LATIN_BY_LOOKALIKE.items())

    def test_are_the_same_in_both_cases(self):
        capitals = {letter: letter.upper() for letter in LATIN_BY_LOOKALIKE if len(letter.upper()) == 1}

        assert [letter for letter, capital in capitals.items() if fold(letter) != fold(capital)] == []


class TestKeywords:
    @pytest.mark.parametrize(
        ("keyword", "text", "found"),
        [
            ("бомба", "Это БОМБА!", ["БОМБА"]),
            ("βόμβα", "μια βόμβα εδώ", ["βόμβα"]),
            ("bomb", "a bоmb, a ЬОМВ", ["bоmb", "ЬОМВ"]),
            ("kill", "мы kіll их", ["kіll"]),
        ],
    )
    def test_of_any_script_meet_their_text(self, keyword, text, found):
        ruleset = make_ruleset(make_rule(words=[keyword]))

        assert [text[m.start : m.end] for m in find_matches(ruleset, text, Stage.OUTPUT)] == found

    @pytest.mark.parametrize(
        "text",
        [
            "Все счастливые семьи похожи друг на друга, каждая несчастливая семья несчастлива по-своему.",
            "Садок вишневий коло хати, хрущі над вишнями гудуть.",
            "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα.",
        ],
    )
    def test_of_english_are_not_met_by_a_whole_text_of_another_script(self, text):
        words = ["cock", "cum", "kill", "bomb", "hate", "poo", "tit", "ass", "sex", "rape", "coon", "hell", "xxx"]

        assert find_matches(make_ruleset(make_rule(words=words)), text, Stage.OUTPUT) == ()
