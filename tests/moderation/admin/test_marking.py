"""A judged text in pieces: nothing is lost, and each piece says who hit it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.moderation.admin.marking import pieces, visible
from chatapp.moderation.judging.gate import find_matches
from chatapp.moderation.judging.verdict import Action, Channel, Match, RuleState, Stage
from tests.moderation.judging.making import make_rule, make_ruleset, rulesets, texts_about


class TestPieces:
    @given(st.data())
    @settings(max_examples=100)
    def test_are_the_whole_text_in_order_and_name_the_rules_over_each(self, data):
        ruleset = data.draw(rulesets())
        text = data.draw(texts_about(ruleset))
        matches = find_matches(ruleset, text, Stage.INPUT)

        cut = pieces(text, matches)

        assert "".join(piece.text for piece in cut) == text
        at = 0
        for piece in cut:
            middle = range(at, at + len(piece.text))
            over = {match.rule_id for match in matches if match.start <= at and match.end >= at + len(middle)}
            assert set(piece.rule_ids) == over
            at += len(piece.text)

    def test_take_their_action_from_what_acts_before_what_would(self):
        ruleset = make_ruleset(
            make_rule("acts", words=["xyzzy"], action=Action.FLAG),
            make_rule("would", words=["xyzzy"], action=Action.BLOCK, state=RuleState.SHADOW),
        )

        (piece,) = pieces("xyzzy", find_matches(ruleset, "xyzzy", Stage.INPUT))

        assert (piece.action, piece.is_enforced, piece.rule_ids) == (Action.FLAG, True, ("acts", "would"))

    def test_say_that_nothing_acts_under_a_shadow_alone(self):
        match = Match("would", 1, "other", 1, Action.BLOCK, enforced=False, start=1, end=2, channel=Channel.SKIP)

        assert [(piece.action, piece.is_enforced) for piece in pieces("abc", [match])] == [
            (None, False),
            (Action.BLOCK, False),
            (None, False),
        ]


class TestWhatNobodySees:
    def test_is_named(self):
        assert visible("a\u200bb\U000e0041c") == "a⟨U+200B⟩b⟨U+E0041⟩c"

    def test_is_no_white_space(self):
        assert visible("a\n\tb 字") == "a\n\tb 字"
