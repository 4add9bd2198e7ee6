"""Withheld text goes back exactly where it was, or not at all: for any rules, any text and any cut."""

import os
from functools import partial

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.gate import GateStep, OutputGate
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Action, Stage
from chatapp.review.cases.restoring import RestorationAmbiguous, Span, Withheld, restore, rules_agree
from tests.moderation.judging.making import cuts, make_rule, make_ruleset, rulesets, texts_about

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "200")), deadline=None)


def gated(ruleset: CompiledRuleset, pieces: list[str]) -> tuple[str, list[Withheld], str]:
    """What the gate released and withheld of a text, and the text as far as the gate read it."""
    gate = OutputGate(ruleset)
    steps = [*(gate.feed(piece) for piece in pieces), gate.finish()]
    read = "".join(pieces)
    if gate.blocked:
        read = read[: gate._scanner.num_chars]
    return "".join(step.released for step in steps), [one for step in steps if (one := taken(ruleset, step))], read


def taken(ruleset: CompiledRuleset, step: GateStep) -> Withheld | None:
    if step.verdict is None:
        return None
    spans = tuple(
        Span(m.start, m.end, m.action, m.rule_id, ruleset.rule(m.rule_id).replacement)
        for m in step.verdict.matches
        if m.withholds
    )
    return Withheld(spans, step.withheld_text) if spans else None


def restored(ruleset: CompiledRuleset, released: str, withheld: list[Withheld]) -> str:
    agrees = partial(rules_agree, ruleset=ruleset, stage=Stage.OUTPUT, released=released, withheld=withheld)
    return restore(released, withheld, agrees=agrees)


REDACTS = make_ruleset(make_rule("masks", words=["secret"], action=Action.REDACT))
REPLACES = make_ruleset(make_rule("replaces", words=["secret"], action=Action.REPLACE, replacement="[gone]"))
BLOCKS = make_ruleset(make_rule("blocks", words=["bomb"]))
BLOCK_AROUND_MASK = make_ruleset(
    make_rule("masks", words=["炸"], action=Action.REDACT), make_rule("blocks", words=["炸弹工"])
)


class TestRestore:
    @many
    @given(rulesets(), st.data())
    def test_gives_what_the_gate_read_or_refuses(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        released, withheld, read = gated(ruleset, data.draw(cuts(text)))

        try:
            text = restored(ruleset, released, withheld)
        except RestorationAmbiguous:
            return

        assert text == read

    @pytest.mark.parametrize(
        ("ruleset", "text"),
        [
            (REDACTS, "a secret word and a secret"),
            (REPLACES, "a secret word and a secret"),
            (BLOCKS, "how to build a bomb at home"),
            (BLOCK_AROUND_MASK, "关于炸弹工"),
            (BLOCK_AROUND_MASK, "关于炸鸡和炸弹工"),
            (
                make_ruleset(make_rule("a", words=["甲乙"], action=Action.REDACT), make_rule("b", words=["乙丙"])),
                "一甲乙丙二",
            ),
            (make_ruleset(make_rule("line", words=["one two"], action=Action.REDACT)), "say one\ntwo\nthree"),
            (
                make_ruleset(
                    make_rule("a", words=["路口"], action=Action.REDACT),
                    make_rule("b", words=["口交"], action=Action.REPLACE, replacement="…"),
                ),
                "十字路口交通",
            ),
        ],
    )
    @pytest.mark.parametrize("size", [1, 3, 100])
    def test_puts_back(self, ruleset, text, size):
        released, withheld, read = gated(ruleset, [text[at : at + size] for at in range(0, len(text), size)])
        assert released != read

        assert restored(ruleset, released, withheld) == read

    def test_gives_the_text_itself_where_nothing_was_withheld(self):
        assert restored(REDACTS, "nothing", []) == "nothing"

    @pytest.mark.parametrize(
        ("released", "evidence"),
        [
            ("a ██████ word", "secre"),
            ("a ██████ word", "secrets"),
            ("a ██████ word", ""),
            ("a secret word", "secret"),
            ("a", "secret"),
        ],
    )
    def test_refuses_pieces_that_do_not_fit(self, released, evidence):
        spans = (Span(2, 8, Action.REDACT, "masks"),)

        with pytest.raises(RestorationAmbiguous):
            restored(REDACTS, released, [Withheld(spans, evidence)])

    def test_refuses_what_reads_two_ways(self):
        spans = (Span(0, 1, Action.REDACT, "a"), Span(0, 2, Action.BLOCK, "b"))

        with pytest.raises(RestorationAmbiguous):
            restore("", [Withheld(spans, "x\nxy")], agrees=lambda _: True)


class TestRulesAgree:
    def test_knows_another_text_that_would_have_been_released_alike(self):
        released, withheld, _ = gated(REDACTS, ["a secret word"])
        agrees = partial(rules_agree, ruleset=REDACTS, stage=Stage.OUTPUT, released=released, withheld=withheld)

        assert agrees("a secret word")
        assert not agrees("a secrxt word")
