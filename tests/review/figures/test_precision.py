"""How often a rule was right, with its interval."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.review.figures.precision import precision_estimate

numbers = st.integers(0, 10_000)


class TestPrecisionEstimate:
    def test_is_none_where_nothing_was_reviewed(self):
        assert precision_estimate(num_confirmed=0, num_overturned=0) is None

    @pytest.mark.parametrize(
        ("num_confirmed", "num_overturned", "low", "high"),
        [(1, 0, 0.207, 1.0), (0, 1, 0.0, 0.793), (8, 2, 0.490, 0.943), (95, 5, 0.888, 0.978)],
    )
    def test_has_the_interval_of_wilson(self, num_confirmed, num_overturned, low, high):
        precision = precision_estimate(num_confirmed=num_confirmed, num_overturned=num_overturned)

        assert precision is not None
        assert precision.estimate == num_confirmed / (num_confirmed + num_overturned)
        assert [precision.low, precision.high] == pytest.approx([low, high], abs=5e-4)
        assert precision.num_reviewed == num_confirmed + num_overturned

    @given(numbers, numbers)
    def test_lies_in_its_interval_and_the_interval_in_0_to_1(self, num_confirmed, num_overturned):
        precision = precision_estimate(num_confirmed=num_confirmed, num_overturned=num_overturned)

        assert precision is None or 0.0 <= precision.low <= precision.estimate <= precision.high <= 1.0

    @given(st.integers(1, 1000), st.integers(1, 1000))
    def test_grows_narrower_with_more_reviews(self, num_confirmed, num_overturned):
        few = precision_estimate(num_confirmed=num_confirmed, num_overturned=num_overturned)
        many = precision_estimate(num_confirmed=num_confirmed * 4, num_overturned=num_overturned * 4)

        assert few is not None
        assert many is not None
        assert many.high - many.low < few.high - few.low

    @pytest.mark.parametrize("numbers", [(-1, 2), (2, -1)])
    def test_refuses_numbers_below_0(self, numbers):
        with pytest.raises(ValueError, match="not below 0"):
            precision_estimate(num_confirmed=numbers[0], num_overturned=numbers[1])
