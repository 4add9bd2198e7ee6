"""Order and number of rounds."""

import pytest

from bench.engines.measuring import MIN_ROUNDS, ROW_BUDGET_S, has_time, rotated


class TestHasTime:
    def test_holds_for_the_least_number_of_rounds_however_long_they_take(self):
        assert has_time(100 * ROW_BUDGET_S, num_done=MIN_ROUNDS - 1, left_s=1.0)

    @pytest.mark.parametrize(("round_s", "expected"), [(ROW_BUDGET_S / 4, True), (ROW_BUDGET_S / 3.9, False)])
    def test_holds_while_one_more_round_fits_the_budget(self, round_s, expected):
        assert has_time(3 * round_s, num_done=3, left_s=1.0) is expected

    def test_ends_after_one_round_once_the_run_has_taken_too_long(self):
        assert has_time(0.0, num_done=0, left_s=0.0)
        assert not has_time(0.1, num_done=1, left_s=0.0)


class TestRotated:
    def test_begins_with_another_one_each_round(self):
        assert [rotated("abc", by=number) for number in range(4)] == [
            list("abc"),
            list("bca"),
            list("cab"),
            list("abc"),
        ]

    def test_of_nothing_is_nothing(self):
        assert rotated([], by=3) == []
