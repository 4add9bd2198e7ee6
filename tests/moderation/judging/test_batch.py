"""Many whole texts judged at once: quicker than one by one, and never another verdict."""

import os
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS
from chatapp.moderation.judging.gate import find_matches, judge
from chatapp.moderation.judging.rulesets.compiled import ReadAlong
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.verdict import Action, Channel, RuleKind, Stage
from tests.moderation.judging.making import make_rule, make_ruleset, rulesets, texts_about
from tests.moderation.judging.mixed_rulesets import mixed_ruleset, mixed_text

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)


def seen_through_everything(ruleset: CompiledRuleset, chance: Random) -> CompiledRuleset:
    """Its keywords in channels drawn from all of them, and no rule that has to read every text half of the time."""
    kept = [rule for rule in ruleset.rules if rule.kind is not RuleKind.CLASSIFIER or chance.randint(0, 1)]
    drawn = frozenset({Channel.STRICT, *(channel for channel in Channel if chance.randint(0, 1))})
    return replace(
        ruleset, rules=tuple(replace(rule, channels=drawn) if rule.kind is RuleKind.KEYWORD else rule for rule in kept)
    )


def at_drawn_stages(ruleset: CompiledRuleset, chance: Random) -> CompiledRuleset:
    """Each rule looks at some stages only, so that stages differ in what looks."""
    stages = tuple(Stage)
    rules = (
        replace(rule, stages=frozenset(chance.sample(stages, chance.randint(1, len(stages))))) for rule in ruleset.rules
    )
    return replace(ruleset, rules=tuple(rules))


class TestABatch:
    @many
    @given(rulesets(), st.data())
    def test_says_of_every_text_what_the_judge_says(self, ruleset, data):
        batch = BatchJudge(ruleset, Stage.OUTPUT)

        for text in data.draw(st.lists(texts_about(ruleset), max_size=4)):
            assert batch.judge(text) == judge(ruleset, text, Stage.OUTPUT)
            assert batch.find_matches(text) == find_matches(ruleset, text, Stage.OUTPUT)

    @many
    @given(st.randoms(use_true_random=False))
    def test_of_rules_of_every_kind_and_channel_finds_what_the_scanner_finds(self, chance):
        ruleset = seen_through_everything(mixed_ruleset(chance), chance)
        batch = BatchJudge(ruleset, Stage.OUTPUT)

        for _ in range(8):
            text = mixed_text(chance, ruleset)

            assert batch.find_matches(text) == find_matches(ruleset, text, Stage.OUTPUT)
            assert batch.judge(text) == judge(ruleset, text, Stage.OUTPUT)

    @many
    @given(st.randoms(use_true_random=False), st.sampled_from(Part))
    def test_of_any_part_at_any_stage_says_what_the_judge_says(self, chance, part):
        ruleset = at_drawn_stages(mixed_ruleset(chance), chance)

        for stage in Stage:
            batch, text = BatchJudge(ruleset, stage, part=part), mixed_text(chance, ruleset)

            assert batch.judge(text) == judge(ruleset, text, stage, part=part)
            assert batch.find_matches(text) == find_matches(ruleset, text, stage, part=part)

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

    @pytest.mark.parametrize("around", ["", " ", "-", "中", "é", "я", "\u200b", "\u0590", "1", "_", "ﬁ"])
    def test_bounds_a_word_where_the_judge_does(self, around):
        ruleset = make_ruleset(make_rule(words=["ab", "a中", "中b", "-a"], action=Action.FLAG))
        batch = BatchJudge(ruleset, Stage.OUTPUT)

        for word in ("ab", "a中", "中b", "-a"):
            for text in (around + word, word + around, around + word + around):
                assert batch.may_match(text) == bool(find_matches(ruleset, text, Stage.OUTPUT))

    def test_reads_what_is_a_match_for_its_length_alone(self):
        rule = replace(make_rule(words=["(?s)a.*zz"], action=Action.FLAG), kind=RuleKind.REGEX)
        ruleset = make_ruleset(rule)
        text = "a" + "b" * 2 * MAX_MATCH_CHARS

        assert BatchJudge(ruleset, Stage.OUTPUT).find_matches(text) == find_matches(ruleset, text, Stage.OUTPUT) != ()


class TestAGlance:
    """By what each detector needs, so that a batch reads few texts that hold nothing."""

    @pytest.mark.parametrize(
        ("kind", "words", "harmless"),
        [
            (RuleKind.REGEX, ["order-[0-9]{6}", "(?i)speak.*friend"], "In order to talk, 123456 words."),
            (RuleKind.PHRASE, ["speak … friend"], "They speak, and a fiend speaks."),
            (
                RuleKind.PERSONAL_DATA,
                ["email", "phone", "iban", "ip", "api_key"],
                "At ten, page 12 of a_long_name: DE 12.",
            ),
            (RuleKind.URL, ["evil.com"], "Good. Evil (dot) is [not] there."),
            (RuleKind.HIDDEN_UNICODE, [], "Plain — and “quoted” 文字."),
        ],
    )
    def test_rules_out_ordinary_text(self, kind, words, harmless):
        rule = replace(make_rule(words=words, action=Action.FLAG), kind=kind)
        (source,) = make_ruleset(rule).compiled(Stage.INPUT).sources.streaming

        glance = source.glance()
        assert glance is not None
        assert glance(harmless) is False

    @pytest.mark.parametrize(
        ("channel", "harmless"),
        [
            (Channel.SKIP, "A class, 一炸。弹 and more"),
            (Channel.LEET, "I pa55ed 3 classes for $5, as you do!"),
            (Channel.PINYIN, "zha, dan he ren 炸。弹"),
        ],
    )
    def test_rules_out_text_without_disguises(self, channel, harmless):
        rule = replace(
            make_rule(words=["grass", "炸弹人"], action=Action.FLAG), channels=frozenset({Channel.STRICT, channel})
        )
        (source,) = make_ruleset(rule).compiled(Stage.INPUT).sources.streaming

        glance = source.glance()
        assert glance is not None
        assert glance(harmless) is False

    def test_is_none_for_what_has_to_read_everything(self):
        rule = replace(make_rule(words=[], action=Action.FLAG), kind=RuleKind.CLASSIFIER)
        (source,) = make_ruleset(rule).compiled(Stage.INPUT).sources.classifiers

        assert ReadAlong(source).glance() is None
