"""
The laws of the output gate over rulesets that mix every kind, channel and action. Numbers as in the moderation study,
§3.4: P1 cuts, P2 no leak, P3 batch and stream, P4 liveness, P5 hold, P6 what is shown stays, P8 failing rules. P7, the
exits, stands in tests/generations/exits/. `test_gate_properties` says the same of keywords against an oracle.
"""

import codecs
import os
from collections.abc import Sequence
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.classifiers.types import Timing
from chatapp.moderation.judging.detecting import Channel
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS
from chatapp.moderation.judging.gate import MASK, OutputGate, find_matches, judge
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.rule_options import RuleOptions
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Match, RuleKind, RuleState, Stage
from tests.moderation.judging.making import make_ruleset
from tests.moderation.judging.mixed_rulesets import (
    ACTIONS,
    FAILING,
    HARMLESS_ACTIONS,
    OFFER,
    mixed_cuts,
    mixed_rule,
    mixed_ruleset,
    mixed_text,
)

# Each example makes rulesets and compiles them, about 3 ms: two minutes of processor time in all.
many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "2000")), deadline=None)
chances = st.randoms(use_true_random=False)
# With these the released text has the offsets of the text.
MASKING_ACTIONS = tuple(action for action in ACTIONS if action is not Action.REPLACE)

# The most characters that a rule of a kind holds. A keyword in disguise: its letters, each with three separators behind
# it that may be emoji with joiners. A classifier: two sentences. Others: the piece in which endless finds are reported.
MOST_HELD = {
    RuleKind.KEYWORD: 120,
    RuleKind.PHRASE: MAX_MATCH_CHARS,
    RuleKind.REGEX: MAX_MATCH_CHARS,
    RuleKind.PERSONAL_DATA: 384,
    RuleKind.URL: 1_024,
    RuleKind.HIDDEN_UNICODE: 128,
    RuleKind.CLASSIFIER: 400,
}


def run(ruleset: Ruleset, pieces: Sequence[str]) -> tuple[OutputGate, str]:
    gate = OutputGate(ruleset)
    released = "".join([*(gate.feed(piece).released for piece in pieces), gate.finish().released])
    return gate, released


def byte_cuts(chance: Random, text: str) -> list[str]:
    """What an incremental decoder makes of the text's UTF-8, cut inside its characters too."""
    raw = text.encode()
    places = sorted(chance.randint(0, len(raw)) for _ in range(chance.randint(0, 12)))
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunks = [raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)]
    return [*map(decoder.decode, chunks), decoder.decode(b"", final=True)]


def withheld_places(matches: Sequence[Match]) -> set[int]:
    return {place for match in matches if match.withholds for place in range(match.start, match.end)}


class TestP1EveryCut:
    @many
    @given(chances)
    def test_gives_the_same_text_matches_and_evidence(self, chance):
        ruleset = mixed_ruleset(chance)
        text = mixed_text(chance, ruleset)

        whole, released_whole = run(ruleset, [text])
        for pieces in (mixed_cuts(chance, text), byte_cuts(chance, text), list(text)):
            cut, released_cut = run(ruleset, pieces)

            assert released_cut == released_whole
            assert (cut.matches, cut.blocked, cut.withheld_text) == (whole.matches, whole.blocked, whole.withheld_text)


class TestP2NoCharacterOfAWithheldMatch:
    @many
    @given(chances)
    def test_is_decided_before_its_match_is_known(self, chance):
        ruleset = mixed_ruleset(chance)
        text = mixed_text(chance, ruleset)
        gate = OutputGate(ruleset)

        for piece in [*mixed_cuts(chance, text), None]:
            num_decided, num_known = gate.num_decided_chars, len(gate.matches)
            step = gate.finish() if piece is None else gate.feed(piece)
            late = [match for match in gate.matches[num_known:] if match.withholds and match.start < num_decided]

            assert late == []
            assert not (gate.blocked and step.verdict is None and step.released)

    @many
    @given(chances)
    def test_is_shown_and_every_other_is(self, chance):
        ruleset = mixed_ruleset(chance, actions=MASKING_ACTIONS)
        text = mixed_text(chance, ruleset)

        gate, released = run(ruleset, mixed_cuts(chance, text))

        withheld = withheld_places(gate.matches)
        masked = "".join(MASK if place in withheld else char for place, char in enumerate(text))
        shown_to = min((match.start for match in gate.matches if match.ends_at(gate.stage)), default=len(text))
        assert masked[:shown_to].startswith(released)
        assert gate.blocked or released == masked


class TestP3ABatch:
    @many
    @given(chances)
    def test_is_the_stream(self, chance):
        ruleset = mixed_ruleset(chance)
        text = mixed_text(chance, ruleset)
        gate, released = run(ruleset, mixed_cuts(chance, text))

        verdict = judge(ruleset, text, Stage.OUTPUT)

        assert (verdict.matches, verdict.blocked, verdict.released_text) == (
            tuple(gate.matches),
            gate.blocked,
            released,
        )
        assert BatchJudge(ruleset, Stage.OUTPUT).judge(text) == verdict

    @many
    @given(chances)
    def test_of_a_text_finds_what_each_rule_finds_alone(self, chance):
        ruleset = mixed_ruleset(chance)
        text = mixed_text(chance, ruleset)

        together = find_matches(ruleset, text, Stage.OUTPUT)

        alone = [find_matches(make_ruleset(rule, offer=OFFER), text, Stage.OUTPUT) for rule in ruleset.rules]
        assert sorted(map(repr, together)) == sorted(repr(match) for matches in alone for match in matches)


class TestAnAllowPhrase:
    @many
    @given(chances)
    def test_cancels_what_lies_in_it_and_nothing_else(self, chance):
        """Whatever finds it; the allow phrase itself is found as a keyword is."""
        kind = chance.choice((RuleKind.KEYWORD, RuleKind.PHRASE, RuleKind.REGEX))
        rule = mixed_rule(chance, "rule", kind, action=Action.REDACT)
        text = mixed_text(chance, make_ruleset(rule, offer=OFFER))
        phrases = mixed_rule(chance, "rule", RuleKind.KEYWORD, action=Action.FLAG)
        phrases = replace(phrases, words=rule.allow, allow=(), channels=frozenset({Channel.STRICT}))

        found = find_matches(make_ruleset(rule, offer=OFFER), text, Stage.OUTPUT)

        freed = find_matches(make_ruleset(phrases, offer=OFFER), text, Stage.OUTPUT)
        all_found = find_matches(make_ruleset(replace(rule, allow=()), offer=OFFER), text, Stage.OUTPUT)
        left = [m for m in all_found if not any(f.start <= m.start and m.end <= f.end for f in freed)]
        assert sorted(map(repr, found)) == sorted(map(repr, left))


class TestP4TheEnd:
    @many
    @given(chances)
    def test_leaves_nothing_held_and_nothing_lost(self, chance):
        ruleset = mixed_ruleset(chance, actions=HARMLESS_ACTIONS)
        text = mixed_text(chance, ruleset)

        gate, released = run(ruleset, mixed_cuts(chance, text))

        withheld = withheld_places(gate.matches)
        kept = [char for place, char in enumerate(text) if place not in withheld]
        assert gate.num_held_chars == 0
        assert gate.num_decided_chars == len(text)
        shown = iter(released)
        assert all(char in shown for char in kept)  # in this order, whatever stands between


class TestP5TheHold:
    @many
    @given(chances)
    def test_never_outgrows_what_its_rules_may_hold(self, chance):
        ruleset = mixed_ruleset(chance, actions=HARMLESS_ACTIONS)
        texts = [mixed_text(chance, ruleset) for _ in range(3)]
        gate = OutputGate(ruleset)
        most = max((MOST_HELD[rule.kind] for rule in ruleset.rules if takes_away(rule)), default=0)

        for _ in range(3):
            for char in chance.choice(texts) * chance.randint(1, 8):
                gate.feed(char)
                assert gate.num_held_chars <= most

    @many
    @given(chances)
    def test_is_only_for_rules_that_take_away(self, chance):
        ruleset = mixed_ruleset(chance, actions=(Action.FLAG, Action.REVIEW))
        text = mixed_text(chance, ruleset)

        assert OutputGate(ruleset).feed(text).released == text


def takes_away(rule: Rule) -> bool:
    return rule.enforced and rule.action in HOLDING_ACTIONS


class TestP6WhatIsShown:
    @many
    @given(chances)
    def test_stays_whatever_follows(self, chance):
        ruleset = mixed_ruleset(chance)
        before = mixed_text(chance, ruleset)
        shown = OutputGate(ruleset).feed(before).released

        for _ in range(2):
            after = mixed_text(chance, ruleset)
            assert judge(ruleset, before + after, Stage.OUTPUT).released_text.startswith(shown)

    @many
    @given(chances)
    def test_is_foretold_by_would_release(self, chance):
        ruleset = mixed_ruleset(chance)
        before, ending = mixed_text(chance, ruleset), mixed_text(chance, ruleset) or "a"
        gate = OutputGate(ruleset)
        released = gate.feed(before).released

        would = gate.would_release(ending)

        shown = judge(ruleset, before + ending, Stage.OUTPUT).released_text
        assert would == (not gate.blocked and shown == released + before[gate.num_decided_chars :] + ending)

    @many
    @given(chances)
    def test_is_the_same_from_a_copy_and_its_original(self, chance):
        ruleset = mixed_ruleset(chance)
        before, after, other = (mixed_text(chance, ruleset) for _ in range(3))
        original, twin = OutputGate(ruleset), OutputGate(ruleset)
        original.feed(before)
        twin.feed(before)

        probe = original.copy()
        probe.feed(other)

        assert (original.feed(after), original.finish(), original.matches) == (
            twin.feed(after),
            twin.finish(),
            twin.matches,
        )


class TestTakeOver:
    @many
    @given(chances)
    def test_goes_on_as_the_predecessor_would_have_that_held_nothing(self, chance):
        ruleset = mixed_ruleset(chance)
        before, after = mixed_text(chance, ruleset), mixed_text(chance, ruleset)
        predecessor = OutputGate(ruleset)
        if predecessor.feed(before).released != before:
            return  # a mask hides what an allow phrase would need: see the next law
        num_matches_before = len(predecessor.matches)
        successor = OutputGate(ruleset)

        successor.replay(before)

        assert successor.feed(after) == predecessor.feed(after)
        assert successor.finish() == predecessor.finish()
        assert successor.matches == predecessor.matches[num_matches_before:]

    @many
    @given(chances)
    def test_at_any_instant_shows_no_character_of_a_match_that_it_finds(self, chance):
        ruleset = mixed_ruleset(chance, actions=MASKING_ACTIONS)
        after = mixed_text(chance, ruleset)
        predecessor, successor = OutputGate(ruleset), OutputGate(ruleset)
        before = "".join(predecessor.feed(piece).released for piece in mixed_cuts(chance, mixed_text(chance, ruleset)))

        successor.replay(before)
        resumed = "".join(successor.feed(piece).released for piece in mixed_cuts(chance, after))
        resumed += successor.finish().released

        withheld = withheld_places(successor.matches)
        whole = before + after
        masked = "".join(MASK if place in withheld else char for place, char in enumerate(whole))[len(before) :]
        assert masked.startswith(resumed)
        assert successor.blocked or resumed == masked


class TestP8AClassifierThatCannotAnswer:
    @staticmethod
    def ruleset(chance: Random, *, severity: int, action: Action) -> Ruleset:
        failing = mixed_rule(chance, "failing", RuleKind.CLASSIFIER, action=action)
        options = RuleOptions(classifier=FAILING, label="harm")
        failing = replace(failing, severity=severity, options=options, state=RuleState.ENFORCING)
        return make_ruleset(*mixed_ruleset(chance, actions=(Action.FLAG, Action.REDACT)).rules, failing, offer=OFFER)

    @many
    @given(chances)
    def test_takes_the_text_away_if_its_rule_is_grave(self, chance):
        ruleset = self.ruleset(chance, severity=chance.choice((3, 4)), action=Action.REDACT)
        text = mixed_text(chance, ruleset).rstrip() + "a"

        gate, released = run(ruleset, mixed_cuts(chance, text))

        failed = [match for match in gate.matches if match.rule_id == "failing"]
        assert released == MASK * len(text)
        assert {(match.error, match.action) for match in failed} == {("classifier_timed_out", Action.REDACT)}

    @many
    @given(chances)
    def test_lets_the_text_pass_and_says_so_if_its_rule_is_not(self, chance):
        ruleset = self.ruleset(chance, severity=chance.choice((1, 2)), action=Action.BLOCK)
        text = mixed_text(chance, ruleset).rstrip() + "a"
        others = replace(ruleset, rules=ruleset.rules[:-1])

        gate, released = run(ruleset, mixed_cuts(chance, text))

        without, released_without = run(others, [text])
        failed = [match for match in gate.matches if match.rule_id == "failing"]
        assert released == released_without
        assert sorted(map(repr, gate.matches)) == sorted(map(repr, [*without.matches, *failed]))
        assert {(match.error, match.action) for match in failed} == {("classifier_timed_out", Action.FLAG)}

    @many
    @given(chances)
    def test_ends_the_text_if_its_rule_is_grave_and_blocks(self, chance):
        ruleset = self.ruleset(chance, severity=3, action=Action.BLOCK)

        gate, released = run(ruleset, mixed_cuts(chance, mixed_text(chance, ruleset).rstrip() + "a"))

        assert (gate.blocked, released) == (True, "")


class TestAClassifierThatTrails:
    """It holds nothing, so the sentence was shown when its verdict comes; what follows is ended right there."""

    @many
    @given(chances)
    def test_comes_to_the_same_verdict_and_shows_the_same_however_the_text_is_cut(self, chance):
        trailing = mixed_rule(chance, "trailing", RuleKind.CLASSIFIER, action=chance.choice(ACTIONS))
        trailing = replace(trailing, options=replace(trailing.options, timing=Timing.TRAIL))
        ruleset = make_ruleset(*mixed_ruleset(chance).rules, trailing, offer=OFFER)
        text = mixed_text(chance, ruleset)

        whole, shown = run(ruleset, [text])
        cut, shown_cut = run(ruleset, mixed_cuts(chance, text))

        assert (cut.matches, cut.blocked, shown_cut) == (whole.matches, whole.blocked, shown)

    @many
    @given(chances)
    def test_shows_none_of_a_whole_text_that_it_withholds(self, chance):
        trailing = mixed_rule(chance, "trailing", RuleKind.CLASSIFIER, action=chance.choice(MASKING_ACTIONS))
        trailing = replace(trailing, options=replace(trailing.options, timing=Timing.TRAIL))
        ruleset = make_ruleset(*mixed_ruleset(chance, actions=MASKING_ACTIONS).rules, trailing, offer=OFFER)
        text = mixed_text(chance, ruleset)

        verdict = judge(ruleset, text, Stage.INPUT)

        withheld = withheld_places(verdict.matches)
        shown_to = min((match.start for match in verdict.matches if match.ends_at(Stage.INPUT)), default=len(text))
        masked = "".join(MASK if place in withheld else char for place, char in enumerate(text))
        assert masked[:shown_to].startswith(verdict.released_text)
