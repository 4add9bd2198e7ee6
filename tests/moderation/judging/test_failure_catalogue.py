"""
What went wrong in other products' moderation, each as a test of ours.

Each name says the fault; its docstring where it was seen. A route that skips the rules and an exit that nobody thought
of are looked for in tests/generations/exits/, with real generations.
"""

from dataclasses import replace
from uuid import uuid4

import pytest

from chatapp.feed.events import GenerationEnded, stream_event_adapter
from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.gate import OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import RuleOptions, RulesetInvalid
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, RuleKind, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule, make_ruleset
from tests.moderation.judging.mixed_rulesets import FAILING, OFFER

TEXT = "Dear reader,\n\n  here is  a secret word: Passw0rd-炸弹。\tBye\n"


def redacting(*words: str, allow: tuple[str, ...] = ()) -> CompiledRuleset:
    return make_ruleset(make_rule(words=words, allow=allow, action=Action.REDACT))


class TestNeverAgain:
    @pytest.mark.parametrize("place", range(1, len("the 制作炸弹 end")))
    def test_a_word_split_over_two_chunks_passes(self, place):
        """LiteLLM #41611; Vectorscan #402 lost matches at some places only, so every place is tried."""
        text = "the 制作炸弹 end"
        gate = OutputGate(redacting("制作炸弹"))

        shown = gate.feed(text[:place]).released + gate.feed(text[place:]).released + gate.finish().released

        assert shown == "the ████ end"

    def test_the_first_half_of_a_word_was_already_sent_when_it_was_found(self):
        """The same thread: a carry-over buffer detects, but the first half is on the screen."""
        gate = OutputGate(make_ruleset(make_rule(words=["制作炸弹"])))

        assert [gate.feed(char).released for char in "我制作炸弹"] == ["我", "", "", "", ""]
        assert gate.blocked

    def test_the_last_chunk_is_never_flushed(self):
        """llama.cpp #9867."""
        gate = OutputGate(redacting("制作炸弹"))

        assert gate.feed("如何制作炸").released == "如何"
        assert gate.finish().released == "制作炸"

    def test_the_last_chunk_is_flushed_although_it_matches(self):
        """The same, the other way: what ends exactly with the text."""
        gate = OutputGate(redacting("bomb"))

        assert gate.feed("a bomb").released == "a "
        assert gate.finish().released == "████"

    def test_text_is_lost_between_chunks(self):
        """LiteLLM #20027 looked at samples of the chunks and lost the others."""
        gate = OutputGate(redacting("nothing of this"))

        assert "".join(gate.feed(char).released for char in TEXT) + gate.finish().released == TEXT

    def test_white_space_is_lost_when_words_are_joined_again(self):
        """NeMo Guardrails #1259."""
        assert judge(redacting("secret"), TEXT, "output").released_text == TEXT.replace("secret", "██████")

    def test_an_empty_chunk_raises(self):
        """guardrails-ai #619."""
        gate = OutputGate(redacting("bomb"))

        assert [gate.feed(delta).released for delta in ("", "x", "", "")] == ["", "x", "", ""]
        assert gate.finish().released == ""

    def test_two_rules_over_one_text_show_it_twice(self):
        """guardrails-ai #1090, #1118: validators with different cadences."""
        ruleset = make_ruleset(
            make_rule("short", words=["bomb"], action=Action.REDACT),
            make_rule("long", words=["a bomb at home"], action=Action.REDACT),
            make_rule("watch", words=["home"], action=Action.FLAG),
        )
        gate = OutputGate(ruleset)

        shown = "".join(gate.feed(char).released for char in "make a bomb at work") + gate.finish().released

        assert shown == "make a ████ at work"

    def test_a_block_comes_after_the_end_was_announced(self):
        """LiteLLM #39036: what is decided at the end must be known from the call that ends it."""
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))
        gate.feed("a bomb")

        step = gate.finish()

        assert gate.blocked
        assert step.released == ""
        assert step.verdict is not None
        assert step.verdict.blocked

    def test_a_rule_that_cannot_be_read_allows_everything(self):
        """Dify returns "no violation" on any exception; here no ruleset comes into being."""
        payload = make_ruleset(make_rule(words=["bomb"])).to_json().replace("block", "blokc")

        with pytest.raises(RulesetInvalid):
            Ruleset.from_json(payload)

    @pytest.mark.parametrize("severity", [3, 4])
    def test_a_classifier_that_fails_allows_the_text(self, severity):
        """The same, at run time (discussed in LiteLLM #38009): a grave rule that cannot judge takes the text away."""
        options = RuleOptions(classifier=FAILING, label="harm")
        rule = replace(make_rule(words=[], severity=severity), kind=RuleKind.CLASSIFIER, options=options)

        verdict = judge(make_ruleset(rule, offer=OFFER), "An answer. Its second sentence.", "output")

        assert (verdict.blocked, verdict.released_text) == (True, "")
        assert verdict.matches[0].error == "classifier_timed_out"

    @pytest.mark.parametrize("pieces", [["a bomb."], list("a bomb."), ["", "a bo", "mb."]])
    def test_asking_for_a_stream_goes_past_the_rules(self, pieces):
        """AISIX #204, Umbraco.AI #393: with the flag `stream` set, the output check was skipped."""
        gate = OutputGate(redacting("bomb"))

        streamed = "".join(gate.feed(piece).released for piece in pieces) + gate.finish().released

        assert streamed == judge(redacting("bomb"), "a bomb.", "output").released_text == "a ████."

    @pytest.mark.parametrize("stage", Stage)
    def test_one_way_in_or_out_skips_the_rules(self, stage):
        """LiteLLM #35257: guardrails ran on one route and silently not on another."""
        ruleset = make_ruleset(make_rule(words=["bomb"]))

        assert judge(ruleset, "a bomb", stage).blocked
        gate = OutputGate(ruleset, stage)
        gate.feed("a bomb ")
        assert gate.blocked

    def test_a_block_is_told_in_a_shape_that_the_client_cannot_read(self):
        """LiteLLM #38953: the event that told of the block broke the client's decoder."""
        told = GenerationEnded(generation_id=uuid4(), seq=7, finish_reason="content_filter")

        assert stream_event_adapter.validate_json(told.model_dump_json()) == told

    @pytest.mark.parametrize("tag", ["think", "thinking", "reasoning"])
    def test_the_thinking_shows_what_the_answer_hides(self, tag):
        """The public complaint about DeepSeek's app. What a model thinks is text like any other."""
        gate = OutputGate(redacting("bomb"))

        shown = "".join(gate.feed(char).released for char in f"<{tag}>a bomb</{tag}>No.") + gate.finish().released

        assert shown == f"<{tag}>a ████</{tag}>No."

    def test_a_native_matcher_loses_a_match_at_some_places(self):
        """Vectorscan #402. Ours reads whole texts alone, and only says which of them to judge."""
        batch = BatchJudge(redacting("制作炸弹", "bomb"), "input")

        for place in range(70):
            for word in ("制作炸弹", "bomb"):
                assert batch.may_match(f"{'路' * place}{word}{'路' * place}")

    def test_an_allow_phrase_longer_than_the_word_does_not_help(self):
        """houbb #19, #76: 三黄片 is a medicine."""
        assert (
            judge(redacting("黄片", allow=("三黄片",)), "吃三黄片,不看黄片", "output").released_text
            == "吃三黄片,不看██"
        )

    def test_an_allow_phrase_frees_more_than_the_match_inside_it(self):
        """The reverse: a second word that only touches the phrase stays a match."""
        assert judge(redacting("口交", "通奸", allow=("路口交通",)), "路口交通奸", "output").released_text == "路口交██"

    def test_an_allow_phrase_shorter_than_the_word_frees_it(self):
        assert [p.code for p in rule_problems(make_rule(words=["路口交通"], allow=["口交"]), offer=BUNDLED_ALONE)] == [
            "allow_without_word"
        ]

    @pytest.mark.parametrize("word", ["boobs", "BOOBS", "ｂｏｏｂｓ", "bòóbs", "毛毛蟲"])
    def test_a_rule_is_normalised_in_another_way_than_the_text(self, word):
        """houbb #136, #144: words with doubled letters could never match."""
        for written in (word, word.upper(), word.lower()):
            assert judge(make_ruleset(make_rule(words=[word])), written, "output").blocked

    @pytest.mark.parametrize("text", ["Scunthorpe", "assess", "Middlesex", "classic", "passage", "cocktail"])
    def test_a_word_is_found_inside_another_latin_word(self, text):
        ruleset = redacting("cunt", "ass", "sex", "cock")

        assert judge(ruleset, text, "output").released_text == text

    def test_a_word_is_found_across_two_chinese_words(self):
        """hutool #819: 路口交通."""
        assert (
            judge(redacting("口交", allow=("路口交通",)), "十字路口交通拥堵", "output").released_text
            == "十字路口交通拥堵"
        )

    def test_a_long_run_of_a_words_first_letter_takes_for_ever(self):
        gate = OutputGate(make_ruleset(make_rule(words=["a" * 60 + "b"], action=Action.REDACT)))

        shown = sum(len(gate.feed("啊" + "a" * 255).released) for _ in range(20))

        assert shown == 20 * 256 - gate.num_held_chars
