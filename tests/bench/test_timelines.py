"""Figures out of what readers saw."""

import pytest

from bench.engines.protocol import Trace
from bench.engines.timelines import (
    beside_figures,
    decode_figures,
    gaps_between,
    median_of,
    percentile,
    prefill_figures,
)


def trace(arrivals_s, *, submitted_s=0.0, num_prompt_tokens=10):
    """An answer that got one token at each of these times and ended with the last."""
    return Trace(
        submitted_s, num_prompt_tokens, arrivals_s=arrivals_s, num_tokens=len(arrivals_s), ended_s=arrivals_s[-1]
    )


class TestDecodeFigures:
    def test_divide_all_tokens_by_the_time_to_the_last_end(self):
        figures = decode_figures({"a": trace([1.0, 2.0]), "b": trace([2.0, 3.0, 4.0, 5.0])})

        assert figures["tokens_per_s"] == 6 / 5
        assert figures["first_token_s"] == 1.5
        assert figures["tokens_per_answer"] == 3

    def test_refuse_an_answer_without_an_end(self):
        with pytest.raises(ValueError, match="without an end"):
            decode_figures({"a": Trace(0.0, 10, arrivals_s=[1.0], num_tokens=1)})

    def test_refuse_an_answer_without_a_token(self):
        with pytest.raises(ValueError, match="without a token"):
            decode_figures({"a": Trace(0.0, 10, ended_s=1.0)})


class TestPrefillFigures:
    def test_count_from_the_submission(self):
        figures = prefill_figures({"a": trace([3.0], submitted_s=1.0, num_prompt_tokens=4_000)})

        assert figures == {"prefill_tokens_per_s": 2_000, "first_token_s": 2.0}


class TestBesideFigures:
    def test_take_the_gaps_of_the_others_while_the_long_prompt_was_computed(self):
        figures = beside_figures(
            {
                "a": trace([0.0, 0.9, 1.5, 2.5, 9.0]),
                "long": trace([3.0], submitted_s=1.0, num_prompt_tokens=6_000),
            },
            joining="long",
        )

        assert figures["prefill_tokens_per_s"] == 3_000
        assert figures["greatest_gap_ms"] == 6_500  # 2.5 to 9.0 began before the end; 0.0 to 0.9 was over before
        assert figures["p95_gap_ms"] == 6_500

    def test_refuse_others_that_had_nothing_left_to_write(self):
        with pytest.raises(ValueError, match="more tokens"):
            beside_figures({"a": trace([0.5, 1.5]), "long": trace([3.0], submitted_s=1.0)}, joining="long")


class TestGapsBetween:
    @pytest.mark.parametrize(
        ("arrivals_s", "expected"),
        [
            ([0.0, 0.5, 1.5, 2.5], [1.0, 1.0]),  # the first was over, the others overlap at one end
            ([0.0, 1.0, 2.0], [1.0]),  # neighbours that only touch do not overlap
            ([0.0, 5.0], [5.0]),
            ([0.5, 1.5], [1.0, 0.5]),  # nothing came after 1.5
        ],
    )
    def test_are_those_that_overlap(self, arrivals_s, expected):
        assert gaps_between(arrivals_s, begin_s=1.0, end_s=2.0) == expected


class TestPercentile:
    @pytest.mark.parametrize(("share", "expected"), [(0.95, 19), (1.0, 20), (0.5, 10), (0.01, 1)])
    def test_is_the_nearest_rank(self, share, expected):
        assert percentile(list(range(20, 0, -1)), share=share) == expected

    def test_of_nothing_is_refused(self):
        with pytest.raises(ValueError, match="no value"):
            percentile([], share=0.5)


class TestMedianOf:
    def test_is_taken_of_each_figure_alone(self):
        readings = [{"a": 1.0, "b": 30.0}, {"a": 2.0, "b": 10.0}, {"a": 9.0, "b": 20.0}]

        assert median_of(readings) == {"a": 2.0, "b": 20.0}
