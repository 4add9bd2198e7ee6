"""Whether the engine reaches what it is asked to."""

from bench.engines.protocol import Mode
from bench.engines.targets import TARGETS, Bound, Target, outcome_of, overhead_percent, quotient


def target(limit, bound, value):
    return Target("it", limit, " s", bound, lambda _: value)


class TestOutcomeOf:
    def test_is_reached_on_the_limit_and_missed_beyond_it(self):
        assert outcome_of(target(2.0, Bound.AT_MOST, 2.0), {}).is_reached is True
        assert outcome_of(target(2.0, Bound.AT_MOST, 2.1), {}).is_reached is False
        assert outcome_of(target(2.0, Bound.AT_LEAST, 2.0), {}).is_reached is True
        assert outcome_of(target(2.0, Bound.AT_LEAST, 1.9), {}).is_reached is False

    def test_says_the_ratio_and_what_was_asked(self):
        outcome = outcome_of(target(2.0, Bound.AT_LEAST, 3.0), {})

        assert (outcome.asked, outcome.ratio) == ("≥ 2 s", 1.5)

    def test_is_neither_where_nothing_was_measured(self):
        assert outcome_of(target(2.0, Bound.AT_LEAST, None), {}).is_reached is None


class TestTargets:
    def test_without_measurements_are_all_open(self):
        assert [outcome_of(one, {}).is_reached for one in TARGETS] == [None] * len(TARGETS)

    def test_compare_the_engine_with_who_they_name(self):
        medians = {
            "decode/32/sampled": {
                "engine": {"tokens_per_s": 600.0},
                "continuous-batching": {"tokens_per_s": 200.0},
                "llama.cpp": {"tokens_per_s": 300.0},
            },
            "turns": {"engine": {"turn_1_first_token_s": 0.1, "turn_20_first_token_s": 0.2}},
        }

        reached = {one.what: outcome_of(one, medians) for one in TARGETS}

        assert reached["32 streams, sampled, over continuous batching"].reached == 3.0
        assert reached["32 streams, sampled, over llama.cpp"].is_reached is False
        assert reached["first token, turn 20 over turn 1, same worker"].reached == 2.0


class TestOverheadPercent:
    def test_is_the_time_that_the_bare_loop_saves(self):
        medians = {"decode/32/greedy": {"engine": {"tokens_per_s": 400.0}, "bare-loop": {"tokens_per_s": 500.0}}}

        assert overhead_percent(medians, Mode.GREEDY) == 25.0
        assert overhead_percent(medians, Mode.SAMPLED) is None


class TestQuotient:
    def test_is_missing_where_a_part_is_or_nothing_divides(self):
        assert quotient(3.0, 2.0) == 1.5
        assert quotient(None, 2.0) is None
        assert quotient(3.0, None) is None
        assert quotient(3.0, 0.0) is None
