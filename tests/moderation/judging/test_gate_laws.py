"""
The laws of the output gate over rulesets that mix every kind, channel and action. Numbers as in the moderation study,
§3.4: P1 cuts, P2 no leak, P3 batch and stream, P4 liveness, P5 hold, P6 what is shown stays, P8 failing rules. P7, the
exits, stands in tests/generations/exits/. `test_gate_properties` says the same of keywords against an oracle.
"""

from dataclasses import replace

from hypothesis import given

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.expressions.regex_syntax import MAX_MATCH_CHARS
from chatapp.moderation.judging.gate import MASK, OutputGate, find_matches, judge
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Channel, RuleKind, Stage
from tests.moderation.judging.laws import MASKING_ACTIONS, byte_cuts, chances, many, run, withheld_places
from tests.moderation.judging.making import make_ruleset
from tests.moderation.judging.mixed_rulesets import (
    HARMLESS_ACTIONS,
    OFFER,
    mixed_cuts,
    mixed_rule,
    mixed_ruleset,
    mixed_text,
)

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
