"""The laws of the gate where an answer is taken over, and where a classifier cannot answer or comes late."""

from dataclasses import replace
from random import Random

from hypothesis import given

from chatapp.moderation.judging.classifiers.types import Timing
from chatapp.moderation.judging.gate import MASK, OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import RuleOptions
from chatapp.moderation.judging.verdict import Action, RuleKind, RuleState, Stage
from tests.moderation.judging.laws import MASKING_ACTIONS, chances, many, run, withheld_places
from tests.moderation.judging.making import make_ruleset
from tests.moderation.judging.mixed_rulesets import (
    ACTIONS,
    FAILING,
    OFFER,
    mixed_cuts,
    mixed_rule,
    mixed_ruleset,
    mixed_text,
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
    def ruleset(chance: Random, *, severity: int, action: Action) -> CompiledRuleset:
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
