"""Many whole texts judged at once: quicker than one by one, and never another verdict."""

import os
import sys

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.batch import BatchJudge, spell
from chatapp.moderation.gate import find_matches, judge
from chatapp.moderation.normalise import fold, is_word_symbol, pattern_symbols
from chatapp.moderation.verdict import Action, Stage
from tests.moderation.rulesets import make_rule, make_ruleset, rulesets, texts_about

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)


class TestABatch:
    @many
    @given(rulesets(), st.data())
    def test_says_of_every_text_what_the_judge_says(self, ruleset, data):
        batch = BatchJudge(ruleset, Stage.OUTPUT)

        for text in data.draw(st.lists(texts_about(ruleset), max_size=4)):
            assert batch.judge(text) == judge(ruleset, text, Stage.OUTPUT)
            assert batch.find_matches(text) == find_matches(ruleset, text, Stage.OUTPUT)

    def test_takes_no_closer_look_at_a_text_without_a_keyword(self):
        batch = BatchJudge(make_ruleset(make_rule(words=["ass", "炸弹"])), Stage.INPUT)

        assert [batch.may_match(text) for text in ("a class of 炸 弹", "ＡＳＳ", "一颗炸\u200b彈")] == [
            False,
            True,
            True,
        ]

    def test_looks_only_for_the_rules_of_its_stage(self):
        ruleset = make_ruleset(make_rule(words=["bomb"], stages=[Stage.INPUT], action=Action.FLAG))

        assert not BatchJudge(ruleset, Stage.OUTPUT).may_match("a bomb")
        assert BatchJudge(ruleset, Stage.INPUT).may_match("a bomb")

    def test_reads_half_of_a_character_pair_as_the_judge_does(self):
        ruleset = make_ruleset(make_rule(words=["a\ud800"], action=Action.FLAG))

        for text in ("a\ud800", "a\udfff", "\udc00", "b"):
            assert BatchJudge(ruleset, Stage.OUTPUT).judge(text) == judge(ruleset, text, Stage.OUTPUT)


class TestSpelling:
    @many
    @given(st.text())
    def test_is_that_of_a_keyword_of_the_same_characters(self, text):
        # Around a keyword white space does not count; around a text it does.
        symbols = "".join(map(chr, pattern_symbols(f"-{text}-")))

        assert spell(f"-{text}-") == symbols

    def test_bounds_words_where_the_judge_does_for_every_character(self):
        for code in range(sys.maxunicode + 1):
            if not 0xD800 <= code < 0xE000 and len(symbol := fold(chr(code))) == 1:
                assert (spell(chr(code)) != symbol) == is_word_symbol(symbol)
