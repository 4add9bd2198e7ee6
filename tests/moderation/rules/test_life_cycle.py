"""Which way a rule may go."""

import pytest

from chatapp.moderation.judging.verdict import Action, RuleState
from chatapp.moderation.rules.life_cycle import MOVES, may_move, needs_approval, needs_reason

LEGAL = {
    ("draft", "shadow"), ("draft", "enforcing"), ("draft", "retired"),
    ("shadow", "enforcing"), ("shadow", "draft"), ("shadow", "retired"),
    ("enforcing", "shadow"), ("enforcing", "retired"),
    ("retired", "draft"),
}  # fmt: skip


class TestAMove:
    @pytest.mark.parametrize("before", RuleState)
    @pytest.mark.parametrize("after", RuleState)
    def test_is_legal_only_along_the_life_cycle(self, before, after):
        assert may_move(before=before, after=after) == (before == after or (before, after) in LEGAL)

    def test_leads_on_from_every_state(self):
        assert all(MOVES[state] for state in RuleState)

    @pytest.mark.parametrize("before", RuleState)
    @pytest.mark.parametrize("after", RuleState)
    def test_needs_a_reason_where_something_is_or_will_be_in_force(self, before, after):
        assert needs_reason(before=before, after=after) == bool({"shadow", "enforcing"} & {before, after})


class TestASecondPerson:
    @pytest.mark.parametrize("state", RuleState)
    @pytest.mark.parametrize("action", Action)
    @pytest.mark.parametrize("severity", range(1, 5))
    def test_is_needed_for_what_ends_a_text_over_something_grave_and_for_nothing_else(self, state, action, severity):
        is_grave_end = state == "enforcing" and action in {"block", "safe_completion"} and severity >= 3

        assert needs_approval(state=state, action=action, severity=severity) == is_grave_end
