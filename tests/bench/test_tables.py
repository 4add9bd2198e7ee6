"""The Markdown of a run."""

import pytest

from bench.engines.tables import (
    competitors_list,
    figures_table,
    number,
    short_answers,
    targets_table,
    throughput_table,
)
from bench.engines.targets import Outcome

MEDIANS = {
    "prefill": {"engine": {"prefill_tokens_per_s": 2_900.4, "first_token_s": 0.7}},
    "decode/32/greedy": {
        "llama.cpp": {"tokens_per_s": 200.0, "first_token_s": 1.0, "tokens_per_answer": 64.0},
        "engine": {"tokens_per_s": 500.0, "first_token_s": 0.5, "tokens_per_answer": 64.0},
    },
    "load": {"engine": {"load_to_first_step_s": 1.6}},
}
TITLES = {"prefill": "prefill alone", "decode/32/greedy": "32 streams, greedy", "load": "loading"}


class TestThroughputTable:
    def test_has_a_column_for_who_ran_and_our_ratio_and_fewer_rounds_in_brackets(self):
        num_rounds = {"decode/32/greedy": {"engine": 5, "llama.cpp": 3}, "prefill": {"engine": 5}}

        table = throughput_table(MEDIANS, titles=TITLES, num_rounds=num_rounds, full_rounds=5)

        assert table.splitlines() == [
            "| tokens/s | our engine | llama.cpp |",
            "| --- | --- | --- |",
            "| 32 streams, greedy | 500 | 200 (×2.50, 3 rounds) |",
            "| prefill alone | 2,900 | – |",
        ]


class TestFiguresTable:
    def test_holds_what_the_other_table_does_not(self):
        lines = figures_table(MEDIANS, titles=TITLES).splitlines()[2:]

        assert lines == [
            "| prefill alone | our engine | first token s | 0.7 |",
            "| 32 streams, greedy | llama.cpp | first token s | 1 |",
            "| 32 streams, greedy | our engine | first token s | 0.5 |",
            "| loading | our engine | load to first step s | 1.6 |",
        ]


class TestTargetsTable:
    def test_says_of_each_whether_it_is_reached_missed_or_not_measured(self):
        outcomes = [
            Outcome("a", "≥ 2", 3.0, 1.5, is_reached=True),
            Outcome("b", "≥ 2", 1.0, 0.5, is_reached=False),
            Outcome("c", "≥ 2", None, None, is_reached=None),
        ]

        assert targets_table(outcomes).splitlines()[2:] == [
            "| a | ≥ 2 | 3 | 1.50 | reached |",
            "| b | ≥ 2 | 1 | 0.50 | **missed** |",
            "| c | ≥ 2 | – | – | not measured |",
        ]


class TestShortAnswers:
    def test_names_who_wrote_less_than_was_asked(self):
        assert short_answers(MEDIANS, num_asked=64) == ""
        assert "llama.cpp at decode/32/greedy: 64" in short_answers(MEDIANS, num_asked=65)


class TestCompetitorsList:
    def test_says_what_each_was_given_and_why_one_is_left_out(self):
        text = competitors_list({"engine": "64 slots"}, {"llama.cpp": "it is not installed"})

        assert text == "- our engine: 64 slots.\n- llama.cpp: not measured: it is not installed."


class TestNumber:
    @pytest.mark.parametrize(("value", "expected"), [(2_900.4, "2,900"), (99.94, "99.9"), (0.12345, "0.123"), (0, "0")])
    def test_shows_three_digits_or_whole_hundreds(self, value, expected):
        assert number(value) == expected
