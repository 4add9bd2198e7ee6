"""When a person's turns wait because of their hits."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.moderation.judging.conduct import Hit, paused_until
from chatapp.moderation.judging.rulesets.rule import Rule, RuleOptions
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import Action, RuleKind, Stage
from tests.moderation.judging.making import BUNDLED_ALONE, make_rule

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
RULE = replace(
    make_rule("conduct", words=[], action=Action.THROTTLE, stages=[Stage.INPUT]),
    kind=RuleKind.CONDUCT,
    options=RuleOptions(num_hits=3, window_s=600),
)


def hit(seconds_ago: float, *, category: str = "hate", stage: str = "input") -> Hit:
    return Hit(NOW - timedelta(seconds=seconds_ago), category, stage)


class TestPausedUntil:
    def test_is_none_while_there_are_few_hits(self):
        assert paused_until(RULE, [hit(1), hit(2)], now=NOW) is None

    def test_is_when_the_hit_that_is_one_too_many_leaves_the_window(self):
        hits = [hit(500), hit(100), hit(50), hit(10)]

        assert paused_until(RULE, hits, now=NOW) == NOW - timedelta(seconds=100) + timedelta(seconds=600)

    def test_takes_the_matches_of_one_verdict_for_one_hit(self):
        assert paused_until(RULE, [hit(5), hit(5, category="fraud"), hit(5)], now=NOW) is None

    def test_does_not_count_other_stages(self):
        assert paused_until(RULE, [hit(1), hit(2), hit(3, stage="output")], now=NOW) is None

    def test_counts_only_the_categories_that_are_named(self):
        about_hate = replace(RULE, options=replace(RULE.options, categories=("hate",)))

        assert paused_until(about_hate, [hit(1), hit(2), hit(3, category="fraud")], now=NOW) is None
        assert paused_until(about_hate, [hit(1), hit(2), hit(3)], now=NOW) is not None

    @given(st.lists(st.floats(0, 1200), max_size=8))
    def test_has_passed_when_the_pause_is_over(self, ages):
        hits = [hit(age) for age in ages]

        until = paused_until(RULE, hits, now=NOW)

        if until is not None:
            assert until > NOW
            assert paused_until(RULE, hits, now=until) is None
            assert paused_until(RULE, hits, now=until - timedelta(microseconds=1)) is not None


class TestTheRule:
    def test_may_be_published_without_entries(self):
        assert list(rule_problems(RULE, offer=BUNDLED_ALONE)) == []

    @pytest.mark.parametrize(
        ("rule", "code"),
        [
            (replace(RULE, action=Action.BLOCK), "action_not_of_kind"),
            (make_rule(words=["xx"], action=Action.THROTTLE), "action_not_of_kind"),
            (replace(RULE, options=RuleOptions(num_hits=0)), "num_hits_out_of_range"),
            (replace(RULE, options=RuleOptions(window_s=1)), "window_out_of_range"),
        ],
    )
    def test_is_refused_where_it_could_do_nothing(self, rule, code):
        assert [problem.code for problem in rule_problems(rule, offer=BUNDLED_ALONE)] == [code]

    def test_is_read_as_it_was_written(self):
        rule = replace(RULE, options=RuleOptions(num_hits=9, window_s=61, categories=("hate", "fraud")))

        assert Rule.from_json(rule.to_json()) == rule
