"""The gate by example: what a reader sees when, and what stays behind."""

import pytest

from chatapp.moderation.admin.marking import Piece, pieces
from chatapp.moderation.judging.gate import GateFinished, OutputGate, find_matches, judge
from chatapp.moderation.judging.verdict import Action, RuleState, Stage
from tests.moderation.judging.making import make_rule, make_ruleset


def released(gate: OutputGate, *deltas: str) -> list[str]:
    return [gate.feed(delta).released for delta in deltas]


class TestHoldBack:
    def test_is_nothing_for_text_that_cannot_become_a_match(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))

        assert released(gate, "An", " apple", " a day") == ["An", " apple", " a day"]

    def test_is_the_tail_that_may_become_a_match_and_no_more(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))

        assert released(gate, "the bo", "x", "er bom", "e") == ["the ", "box", "er ", "bome"]

    def test_of_a_word_inside_another_does_not_begin(self):
        gate = OutputGate(make_ruleset(make_rule(words=["thorpe"])))

        assert released(gate, "Scun", "thor", "pe") == ["Scun", "thor", "pe"]

    def test_of_a_latin_word_ends_with_the_next_character(self):
        gate = OutputGate(make_ruleset(make_rule(words=["ass"], action=Action.REDACT)))

        assert released(gate, "ass", "ess the ass", ".") == ["", "assess the ", "███."]

    def test_of_a_chinese_word_ends_with_its_last_character(self):
        gate = OutputGate(make_ruleset(make_rule(words=["炸弹"], action=Action.REDACT)))

        assert released(gate, "一颗炸", "弹", "爆") == ["一颗", "██", "爆"]

    def test_waits_for_an_allow_phrase_that_may_still_cover_the_match(self):
        gate = OutputGate(make_ruleset(make_rule(words=["口交"], allow=["路口交通"], action=Action.REDACT)))

        assert released(gate, "路口交", "通", "路口交", "叉") == ["路", "口交通", "路", "██叉"]

    def test_of_a_match_outlasts_a_shorter_allow_phrase_that_frees_its_neighbour(self):
        rule = make_rule(words=["甲乙", "丙丁"], allow=["子甲乙丙丁丑", "乙丙丁"], action=Action.REDACT)
        gate = OutputGate(make_ruleset(rule))

        assert released(gate, "子甲乙丙丁", "寅") == ["子", "██丙丁寅"]

    def test_takes_the_invisible_characters_inside_a_match_with_it(self):
        gate = OutputGate(make_ruleset(make_rule(words=["炸弹"], action=Action.REDACT)))

        assert released(gate, "炸\u200b", "\u200b弹!") == ["", "████!"]

    def test_ends_when_the_text_ends(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))

        assert released(gate, "a bom") == ["a "]
        assert gate.finish().released == "bom"


class TestActions:
    def test_redact_masks_each_character(self):
        verdict = judge(make_ruleset(make_rule(words=["bomb"], action=Action.REDACT)), "a bomb here", "output")

        assert verdict.released_text == "a ████ here"
        assert verdict.action is Action.REDACT
        assert not verdict.blocked

    def test_replace_puts_the_operators_text_once_in_place(self):
        rule = make_rule(words=["bomb"], action=Action.REPLACE, replacement="[…]")

        assert judge(make_ruleset(rule), "bomb, bomb", "output").released_text == "[…], […]"

    def test_block_ends_the_text_before_the_match_for_ever(self):
        gate = OutputGate(make_ruleset(make_rule(words=["make a bomb"])))

        steps = [gate.feed("To make"), gate.feed(" a bomb, take"), gate.feed(" harmless"), gate.finish()]

        assert [step.released for step in steps] == ["To ", "", "", ""]
        assert gate.blocked
        assert steps[1].verdict is not None
        assert steps[1].verdict.blocked

    def test_block_lets_out_no_beginning_of_another_match_that_was_under_way(self):
        ruleset = make_ruleset(
            make_rule("block", words=["乙丙"]), make_rule("mask", words=["甲乙丙丁"], action=Action.REDACT)
        )

        assert judge(ruleset, "子甲乙丙", "output").released_text == "子"

    @pytest.mark.parametrize("action", [Action.FLAG, Action.REVIEW])
    def test_flag_and_review_let_everything_through(self, action):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"], action=action)))

        step = gate.feed("a bomb ")

        assert step.released == "a bomb "
        assert step.verdict is not None
        assert step.verdict.action is action
        assert step.withheld_text == ""

    def test_the_strongest_of_overlapping_matches_shows(self):
        ruleset = make_ruleset(
            make_rule("mask", words=["big bomb"], action=Action.REDACT),
            make_rule("swap", words=["bomb"], action=Action.REPLACE, replacement="thing"),
        )

        assert judge(ruleset, "a big bomb.", "output").released_text == "a ████thing."

    def test_a_shadow_rule_is_on_record_and_does_nothing(self):
        ruleset = make_ruleset(make_rule(words=["bomb"], state=RuleState.SHADOW))
        gate = OutputGate(ruleset)

        step = gate.feed("a bomb.")

        assert step.released == "a bomb."
        assert step.verdict is not None
        assert step.verdict.action is Action.ALLOW
        assert [match.enforced for match in step.verdict.matches] == [False]
        assert step.verdict.decisive is None

    def test_a_rule_looks_only_at_its_stages(self):
        ruleset = make_ruleset(make_rule(words=["bomb"], stages=[Stage.INPUT]))

        assert judge(ruleset, "bomb", "input").blocked
        assert not judge(ruleset, "bomb", "output").blocked


class TestVerdict:
    def test_decisive_is_the_strongest_then_the_gravest_then_the_first(self):
        ruleset = make_ruleset(
            make_rule("flagged", words=["aa"], action=Action.FLAG, severity=4),
            make_rule("mild", words=["bb"], action=Action.REDACT, severity=1),
            make_rule("grave", words=["cc"], action=Action.REDACT, severity=3),
        )

        verdict = judge(ruleset, "aa bb cc cc", "output")

        assert verdict.action is Action.REDACT
        assert verdict.decisive is not None
        assert (verdict.decisive.rule_id, verdict.decisive.start) == ("grave", 6)

    def test_without_a_match_is_allow(self):
        verdict = judge(make_ruleset(make_rule(words=["bomb"])), "an apple", "output")

        assert (verdict.action, verdict.matches, verdict.decisive) == (Action.ALLOW, (), None)

    def test_says_where_in_the_original_text_the_rule_hit(self):
        (match,) = judge(make_ruleset(make_rule(words=["bomb"])), "x\u200b Ｂo\u0301mb.", "output").matches

        assert (match.start, match.end) == (3, 8)


class TestEvidence:
    def test_is_the_text_under_the_mask_with_the_step_that_settles_it(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb", "炸弹"], action=Action.REDACT)))

        steps = [gate.feed("a Bomb and 炸"), gate.feed("弹"), gate.finish()]

        assert [step.withheld_text for step in steps] == ["Bomb", "炸弹", ""]
        assert gate.withheld_text == "Bomb\n炸弹"

    def test_of_a_block_is_everything_discarded_up_to_where_it_was_known(self):
        gate = OutputGate(make_ruleset(make_rule(words=["make a bomb"])))

        step = gate.feed("First, make a bomb, then run")

        assert (step.released, step.withheld_text) == ("First, ", "make a bomb,")

    def test_is_empty_where_nothing_was_taken(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"], action=Action.FLAG)))
        gate.feed("a bomb.")
        gate.finish()

        assert gate.withheld_text == ""


class TestMisuse:
    def test_feeding_after_the_end_is_refused(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))
        gate.finish()

        with pytest.raises(GateFinished):
            gate.feed("more")
        with pytest.raises(GateFinished):
            gate.finish()

    def test_replaying_into_a_gate_that_has_read_is_refused(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))
        gate.feed("text")

        with pytest.raises(GateFinished):
            gate.replay("text")


class TestTakeOver:
    def test_knows_the_word_that_the_released_text_ends_in(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"])))

        gate.replay("a time")

        assert released(gate, "bomb", " went off") == ["bomb", " went off"]

    def test_does_not_report_again_what_the_predecessor_reported(self):
        gate = OutputGate(make_ruleset(make_rule(words=["bomb"], action=Action.FLAG)))

        gate.replay("a bomb ")

        assert gate.feed("and a bomb.").verdict is not None
        assert [match.start for match in gate.matches] == [13]

    def test_has_no_evidence_of_what_is_on_screens_already(self):
        gate = OutputGate(make_ruleset(make_rule(words=["甲乙"], allow=["甲乙丙丁"], action=Action.REDACT)))
        gate.replay("子甲乙丙")

        step = gate.feed("寅卯甲")

        assert (step.released, step.withheld_text) == ("寅卯", "")
        assert [(match.start, match.end) for match in gate.matches] == [(1, 3)]


class TestFindMatches:
    def test_goes_on_past_a_block(self):
        ruleset = make_ruleset(make_rule("one", words=["炸弹"]), make_rule("two", words=["bomb"]))

        assert [match.rule_id for match in find_matches(ruleset, "炸弹 bomb", "output")] == ["one", "two"]


class TestMarking:
    def test_cuts_the_text_where_matches_begin_and_end(self):
        text = "a Ｂomb!"
        matches = find_matches(make_ruleset(make_rule(words=["bomb"])), text, "output")

        assert pieces(text, matches) == [
            Piece("a ", "a ", "a ", ()),
            Piece("Ｂomb", "Ｂomb", "bomb", ("rule",), Action.BLOCK, is_enforced=True),
            Piece("!", "!", "!", ()),
        ]


class TestSafeCompletion:
    def test_ends_what_the_model_writes_before_the_match(self):
        gate = OutputGate(make_ruleset(make_rule(words=["razor blades"], action=Action.SAFE_COMPLETION)))

        released = [gate.feed(text).released for text in ("Take razor", " blades and", " go on")]

        assert "".join(released) + gate.finish().released == "Take "
        assert gate.blocked
        assert gate.verdict.safe_completion is not None

    def test_gives_way_to_a_block_that_settles_with_it(self):
        ruleset = make_ruleset(
            make_rule("help", words=["razor"], action=Action.SAFE_COMPLETION), make_rule("end", words=["razor"])
        )

        verdict = judge(ruleset, "a razor", "output")

        assert verdict.blocked
        assert verdict.safe_completion is None

    def test_answers_a_persons_words_and_takes_none_away(self):
        ruleset = make_ruleset(
            make_rule("help", words=["razor"], action=Action.SAFE_COMPLETION),
            make_rule("mask", words=["blade"], action=Action.REDACT),
        )

        verdict = judge(ruleset, "a razor or a blade?", "input")

        assert verdict.released_text == "a razor or a █████?"
        assert verdict.safe_completion is not None

    def test_of_a_persons_words_does_not_hide_a_block_behind_it(self):
        ruleset = make_ruleset(
            make_rule("help", words=["razor"], action=Action.SAFE_COMPLETION), make_rule("end", words=["bomb"])
        )

        assert judge(ruleset, "a razor or a bomb", "input").blocked

    def test_of_a_shadow_rule_does_nothing(self):
        rule = make_rule(words=["razor"], action=Action.SAFE_COMPLETION, state=RuleState.SHADOW)

        verdict = judge(make_ruleset(rule), "a razor", "output")

        assert (verdict.released_text, verdict.safe_completion) == ("a razor", None)


class TestWarn:
    def test_lets_the_text_pass_and_tells_the_person(self):
        ruleset = make_ruleset(
            make_rule("warn", words=["casino"], action=Action.WARN),
            make_rule("queue", words=["casino"], action=Action.REVIEW),
        )

        verdict = judge(ruleset, "a casino", "output")

        assert verdict.released_text == "a casino"
        assert verdict.told is not None
        assert verdict.told.rule_id == "warn"
