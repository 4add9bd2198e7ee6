"""How the judge's benchmark measures agreement."""

import pytest

from bench.moderation.judge import agreement, kappa


class TestKappa:
    def test_is_one_where_all_agree_and_none_by_chance_alone(self):
        assert kappa([True, False, True], [True, False, True]) == 1.0
        assert kappa([True, True, False, False], [True, False, True, False]) == 0.0

    def test_is_what_is_left_of_agreement_beyond_chance(self):
        """Cohen's own reading: observed 0.7, by chance 0.5."""
        judged = [True] * 25 + [False] * 25
        labelled = [True] * 20 + [False] * 5 + [True] * 10 + [False] * 15

        assert kappa(judged, labelled) == pytest.approx((0.7 - 0.5) / (1 - 0.5))

    def test_is_nothing_where_everything_is_called_the_same(self):
        assert kappa([True, True], [True, True]) == 0.0


class TestAgreement:
    def test_takes_a_score_at_the_threshold_for_broken(self):
        one = agreement([0.9, 0.5, 0.4], [True, True, False], threshold=0.5)

        assert (one.kappa, one.accuracy, one.auc) == (1.0, 1.0, 1.0)

    def test_counts_how_often_an_offensive_text_scores_above_a_safe_one(self):
        one = agreement([0.5, 0.5, 0.1], [True, False, True], threshold=0.5)

        assert one.auc == pytest.approx(0.25)
