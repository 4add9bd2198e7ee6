"""The laws of the output gate, for any rules, any text and any cut. Numbers as in the moderation study, §3.4."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.judging.gate import MASK, OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import ENDING_ACTIONS, Action, Stage
from tests.moderation.judging.making import (
    PATTERN_ALPHABET,
    cuts,
    harmless_rulesets,
    make_rule,
    make_ruleset,
    phrases,
    random_text,
    rulesets,
    texts_about,
    texts_of_any_kind,
)
from tests.moderation.judging.oracle import outcome

# The naive reading is slow; test_gate_laws draws more. That no hold is needless only these say, so it draws as many.
many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)
as_many_as_laws = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "2000")), deadline=None)


def hits(gate: OutputGate) -> list[tuple[str, int, int]]:
    return sorted((match.rule_id, match.start, match.end) for match in gate.matches)


def run(ruleset: CompiledRuleset, pieces: list[str]) -> tuple[OutputGate, str]:
    gate = OutputGate(ruleset)
    released = "".join([*(gate.feed(piece).released for piece in pieces), gate.finish().released])
    return gate, released


class TestEveryCut:
    @many
    @given(rulesets(), st.data())
    def test_p1_gives_the_same_text_matches_and_evidence(self, ruleset, data):
        text = data.draw(texts_about(ruleset))

        whole, released_whole = run(ruleset, [text])
        cut, released_cut = run(ruleset, data.draw(cuts(text)))

        assert released_cut == released_whole
        assert cut.matches == whole.matches
        assert cut.blocked == whole.blocked
        assert cut.withheld_text == whole.withheld_text

    @many
    @given(rulesets(), st.data())
    def test_p3_gives_what_the_naive_reading_of_the_whole_text_gives(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        expected = outcome(ruleset, text, over=True)

        gate, released = run(ruleset, list(text))

        assert released == expected.released
        assert gate.blocked == expected.blocked
        assert hits(gate) == expected.hits
        verdict = judge(ruleset, text, Stage.OUTPUT)
        assert verdict.released_text == expected.released
        assert (verdict.action in ENDING_ACTIONS) == expected.blocked


class TestWhatLeaves:
    @many
    @given(rulesets(), st.data())
    def test_p2_holds_no_character_of_a_withheld_match(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        gate = OutputGate(ruleset)
        released = gate.feed(text).released + gate.finish().released

        withheld = {i for match in gate.matches if match.withholds for i in range(match.start, match.end)}
        if all(rule.action is not Action.REPLACE for rule in ruleset.rules):  # then offsets are kept
            assert not [i for i in withheld if i < len(released) and released[i] != MASK]
        if gate.blocked:
            first_block = min(match.start for match in gate.matches if match.ends_at(gate.stage))
            assert len(released.replace("[a]", "")) <= first_block

    @many
    @given(rulesets(), st.data())
    def test_p2_is_nothing_at_all_after_a_block(self, ruleset, data):
        gate = OutputGate(ruleset)
        for piece in data.draw(cuts(data.draw(texts_about(ruleset)))):
            was_blocked = gate.blocked
            released = gate.feed(piece).released
            assert not (was_blocked and released)

    @many
    @given(harmless_rulesets(), st.data())
    def test_p4_is_everything_in_the_end_unless_it_is_withheld(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        gate = OutputGate(ruleset)
        released = gate.feed(text).released + gate.finish().released

        withheld = {i for match in gate.matches if match.withholds for i in range(match.start, match.end)}
        kept = "".join(char for i, char in enumerate(text) if i not in withheld)
        assert gate.num_held_chars == 0
        assert released.replace("[a]", "").replace(MASK, "") == kept.replace(MASK, "").replace("[a]", "")

    @many
    @given(rulesets(), st.data())
    def test_p6_only_ever_grows_and_is_the_naive_reading_after_each_character(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        gate = OutputGate(ruleset)
        released = ""

        for num_chars in range(1, len(text) + 1):
            released += gate.feed(text[num_chars - 1]).released
            expected = outcome(ruleset, text[:num_chars], over=False)
            assert released == expected.released
            assert gate.num_held_chars == expected.num_held_chars
            assert gate.blocked == expected.blocked


class TestHoldBack:
    @as_many_as_laws
    @given(st.lists(phrases, min_size=1, max_size=5, unique=True), texts_of_any_kind)
    def test_p5_is_minimal_some_continuation_hits_the_first_held_character(self, words, text):
        """Without allow phrases: continue with the rest of each word at each held start, and one must hit."""
        ruleset = make_ruleset(make_rule(words=words, action=Action.REDACT))
        gate = OutputGate(ruleset)
        gate.feed(text)
        if not gate.num_held_chars:
            return

        first_held = len(text) - gate.num_held_chars
        endings = [word.strip()[i:] for word in words for i in range(len(word.strip()) + 1)]
        assert any(
            match.start == first_held for ending in endings for match in judge(ruleset, text + ending, "output").matches
        )

    @many
    @given(st.lists(phrases, min_size=1, max_size=5, unique=True), st.text(PATTERN_ALPHABET, max_size=60))
    def test_p4_is_never_longer_than_the_longest_word(self, words, text):
        gate = OutputGate(make_ruleset(make_rule(words=words, action=Action.REDACT)))

        for char in text:
            gate.feed(char)
            assert gate.num_held_chars <= max(map(len, words))

    @many
    @given(rulesets(), st.data())
    def test_is_only_for_rules_that_withhold(self, ruleset, data):
        text = data.draw(texts_about(ruleset))
        silent = [make_rule(r.id, words=r.words, allow=r.allow, action=Action.FLAG) for r in ruleset.rules]
        gate = OutputGate(make_ruleset(*silent))

        assert gate.feed(text).released == text
        assert gate.num_held_chars == 0


class TestTakeOver:
    @many
    @given(rulesets(), st.data())
    def test_goes_on_as_the_predecessor_would_have_that_held_nothing(self, ruleset, data):
        before, after = data.draw(texts_about(ruleset)), data.draw(texts_about(ruleset))
        predecessor = OutputGate(ruleset)
        released = predecessor.feed(before).released
        if predecessor.num_held_chars or released != before:
            return  # a mask hides what an allow phrase would need: see the next law
        num_matches_before = len(predecessor.matches)

        successor = OutputGate(ruleset)
        successor.replay(released)

        assert successor.feed(after) == predecessor.feed(after)
        assert successor.finish() == predecessor.finish()
        assert successor.matches == predecessor.matches[num_matches_before:]
        assert successor.blocked == predecessor.blocked

    @many
    @given(rulesets(), st.data())
    def test_at_any_instant_ends_as_one_gate_over_what_was_released_and_what_came_then(self, ruleset, data):
        """The raw text that the dead worker held is gone; the model goes on from what was released."""
        after = data.draw(texts_about(ruleset))
        pieces = data.draw(cuts(data.draw(texts_about(ruleset))))
        predecessor = OutputGate(ruleset)
        released = "".join(predecessor.feed(piece).released for piece in pieces)
        if predecessor.blocked or predecessor.matches:
            return
        if run(ruleset, [released])[1] != released:
            return  # shown because of an allow phrase whose end was still held: it is lost, and what is shown is shown

        successor = OutputGate(ruleset)
        successor.replay(released)
        resumed = released + successor.feed(after).released + successor.finish().released

        whole, released_whole = run(ruleset, [released + after])
        assert resumed == released_whole
        assert successor.matches == whole.matches
        assert successor.blocked == whole.blocked

    @many
    @given(rulesets(), st.data())
    def test_emits_nothing_itself_and_never_shows_a_withheld_character(self, ruleset, data):
        before, after = data.draw(texts_about(ruleset)), data.draw(texts_about(ruleset))
        successor = OutputGate(ruleset)

        successor.replay(before)

        assert successor.matches == []
        assert successor.num_held_chars == 0
        released = successor.feed(after).released + successor.finish().released
        assert len(released.replace("[a]", "")) <= len(after)
        if all(rule.action is not Action.REPLACE for rule in ruleset.rules):
            withheld = [i for m in successor.matches if m.withholds for i in range(m.start, m.end)]
            places = [i - len(before) for i in withheld if len(before) <= i < len(before) + len(released)]
            assert all(released[place] == MASK for place in places)


@pytest.mark.parametrize("seed", range(20))
def test_long_random_texts_agree_with_the_naive_reading(seed):
    ruleset = make_ruleset(
        make_rule("redact", words=["ab", "口交", "a b", "路😀"], allow=["路口交路"], action=Action.REDACT),
        make_rule("flag", words=["交路", "b"], action=Action.FLAG),
        make_rule("block", words=["路交口口", "aab ba", "交交交"], allow=["口路交口口"]),
    )
    text = random_text(seed, 120)

    gate, released = run(ruleset, list(text))

    expected = outcome(ruleset, text, over=True)
    assert (released, gate.blocked, hits(gate)) == (expected.released, expected.blocked, expected.hits)


class TestACopy:
    @many
    @given(rulesets(), st.data())
    def test_goes_on_as_its_original_and_neither_disturbs_the_other(self, ruleset, data):
        before, after = data.draw(texts_about(ruleset)), data.draw(texts_about(ruleset))
        original, twin = OutputGate(ruleset), OutputGate(ruleset)
        original.feed(before)
        twin.feed(before)

        probe = original.copy()
        seen = (probe.feed(after), probe.finish(), probe.matches)

        assert seen == (twin.feed(after), twin.finish(), twin.matches)
        assert (original.feed(after), original.finish(), original.matches) == seen

    @many
    @given(rulesets(), st.data())
    def test_would_release_exactly_what_a_text_that_ends_there_shows_unchanged(self, ruleset, data):
        before = data.draw(texts_about(ruleset))
        ending = data.draw(texts_about(ruleset).filter(bool))
        gate = OutputGate(ruleset)
        released = gate.feed(before).released

        would = gate.would_release(ending)

        shown = judge(ruleset, before + ending, Stage.OUTPUT).released_text
        assert would == (not gate.blocked and shown == released + before[gate.num_decided_chars :] + ending)
