from collections import Counter
from typing import Any

import pytest
import torch

from inference.layers.sampling import NUM_CANDIDATES, choose, choose_tokens, greatest, gumbel_noise, top
from inference.tokens.choice import SamplingRow
from inference.types import SamplingParameters

VOCABULARY_SIZE = 1_000


def _row(
    *, seed: int = 0, position: int = 0, prompt_ids=(), generated_ids=(), allowed_ids=None, **parameters
) -> SamplingRow:
    sampling = SamplingParameters(**{"max_new_tokens": 1, **parameters})
    return SamplingRow(sampling, seed, position, prompt_ids, generated_ids, allowed_ids)


def _logits(num_rows: int = 1, *, spread: float = 2.0) -> torch.Tensor:
    return torch.randn(num_rows, VOCABULARY_SIZE, generator=torch.Generator().manual_seed(5)) * spread


def _reference_support(logits: torch.Tensor, parameters: SamplingParameters) -> set[int]:
    """What transformers' own filters leave of a row."""
    from transformers import MinPLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

    unused: Any = None  # the tokens so far, which these filters do not look at
    scores: Any = (logits / parameters.temperature)[None]
    if parameters.top_k:
        scores = TopKLogitsWarper(parameters.top_k)(unused, scores)
    if parameters.top_p < 1:
        scores = TopPLogitsWarper(parameters.top_p)(unused, scores)
    if parameters.min_p:
        scores = MinPLogitsWarper(parameters.min_p)(unused, scores)
    return set(scores[0].isfinite().nonzero().flatten().tolist())


class TestChooseTokens:
    def test_takes_the_best_token_at_temperature_zero(self):
        logits = _logits(3)

        assert choose_tokens(logits, [_row(temperature=0.0)] * 3) == logits.argmax(-1).tolist()

    @pytest.mark.parametrize(
        "filters",
        [
            {"top_k": 5},
            {"top_p": 0.3},
            {"top_p": 0.95, "temperature": 1.7},
            {"min_p": 0.2},
            {"min_p": 0.0005, "temperature": 2.0},
            {"top_k": 200, "top_p": 0.5},
            {"top_k": 40, "top_p": 0.9, "min_p": 0.02, "temperature": 0.7},
        ],
        ids=str,
    )
    def test_chooses_exactly_among_what_transformers_filters_leave(self, filters):
        logits = _logits(1)
        row = _row(**filters)
        num_draws = 3_000

        rows = [_row(seed=seed, **filters) for seed in range(num_draws)]
        chosen = choose_tokens(logits.expand(num_draws, -1), rows)

        allowed = _reference_support(logits[0], row.parameters)
        assert set(chosen) <= allowed
        likely = (logits[0] / row.parameters.temperature).topk(min(5, len(allowed))).indices.tolist()
        assert set(likely) <= set(chosen)

    @pytest.mark.parametrize("filters", [{}, {"top_k": 8}, {"top_k": 500}], ids=str)
    def test_draws_each_token_as_often_as_its_probability_says(self, filters):
        logits = torch.full((1, 500), -30.0)
        logits[0, :4] = torch.tensor([0.5, 0.25, 0.15, 0.1]).log()
        num_draws = 5_000

        counts = Counter(
            choose_tokens(logits.expand(num_draws, -1), [_row(seed=n, **filters) for n in range(num_draws)])
        )

        shares = [counts[token] / num_draws for token in range(4)]
        assert shares == pytest.approx([0.5, 0.25, 0.15, 0.1], abs=0.03)

    def test_gives_a_row_the_same_token_whoever_shares_the_batch(self):
        logits = _logits(4)
        rows = [_row(seed=n, position=9, top_p=0.9) for n in range(2)] + [_row(seed=3), _row(temperature=0.0)]

        together = choose_tokens(logits, rows)
        alone = [choose_tokens(logits[place : place + 1], [row])[0] for place, row in enumerate(rows)]

        assert together == alone

    def test_marks_a_broken_row_and_serves_the_others(self):
        logits = _logits(3)
        logits[1, 17] = float("nan")

        chosen = choose_tokens(logits, [_row(top_p=0.9), _row(top_p=0.9), _row(temperature=0.0)])

        assert chosen[1] is None
        assert chosen[0] is not None
        assert chosen[2] == logits[2].argmax()

    def test_chooses_only_allowed_tokens(self):
        chosen = choose_tokens(
            _logits(2), [_row(allowed_ids=[3, 4], temperature=0.0), _row(allowed_ids=[7], top_p=0.5)]
        )

        assert chosen[0] in {3, 4}
        assert chosen[1] == 7

    def test_penalises_repetition_as_transformers_does(self):
        from transformers import RepetitionPenaltyLogitsProcessor

        logits = _logits(1, spread=0.5)
        best = logits.argmax(-1).tolist()
        expected = RepetitionPenaltyLogitsProcessor(5.0)(torch.tensor([[*best, 2]]), logits.clone()).argmax(-1)

        chosen = choose_tokens(
            logits, [_row(temperature=0.0, repetition_penalty=5.0, prompt_ids=best, generated_ids=[2])]
        )

        assert chosen == expected.tolist() != best

    def test_subtracts_frequency_per_occurrence_and_presence_once_from_answer_tokens(self):
        logits = torch.zeros(1, 10)
        logits[0, :3] = torch.tensor([5.0, 4.0, 3.5])

        used: dict[str, Any] = {"temperature": 0.0, "generated_ids": [0, 0, 0]}

        assert choose_tokens(logits, [_row(frequency_penalty=0.4, **used)]) == [1]
        assert choose_tokens(logits, [_row(presence_penalty=0.9, **used)]) == [0]
        assert choose_tokens(logits, [_row(presence_penalty=1.2, **used)]) == [1]
        assert choose_tokens(logits, [_row(frequency_penalty=9.0, temperature=0.0, prompt_ids=[0])]) == [0]

    def test_adds_biases(self):
        assert choose_tokens(_logits(1), [_row(temperature=0.0, logit_bias={42: 100.0})]) == [42]
        assert choose_tokens(torch.zeros(1, 3), [_row(logit_bias={0: -100.0, 2: -100.0})]) == [1]


class TestGumbelNoise:
    def test_depends_on_seed_position_and_token_alone(self):
        ids = torch.arange(100)[None]

        noise = gumbel_noise(ids, [_row(seed=1, position=5)])
        among_others = gumbel_noise(ids.flip(-1), [_row(seed=2), _row(seed=1, position=5)])

        assert torch.equal(noise[0], among_others[1].flip(-1))
        assert not torch.equal(noise, gumbel_noise(ids, [_row(seed=1, position=6)]))

    def test_has_the_mean_and_spread_of_a_gumbel_distribution(self):
        noise = gumbel_noise(torch.arange(50_000)[None], [_row(seed=3), _row(seed=4)])

        assert noise.mean().item() == pytest.approx(0.5772, abs=0.01)
        assert noise.var().item() == pytest.approx(1.6449, abs=0.03)
        assert torch.corrcoef(noise)[0, 1].abs() < 0.02


class TestSearchByBlocks:
    @pytest.mark.parametrize("width", [64 * 100, 64 * 64, 64 * 3, 1_000])
    def test_finds_what_a_search_over_everything_finds(self, width):
        logits = torch.randn(5, width, generator=torch.Generator().manual_seed(3))

        values, places = top(logits)
        peaks, best = greatest(logits)

        expected = logits.topk(min(NUM_CANDIDATES, width))
        assert torch.equal(values, expected.values)
        assert torch.equal(places, expected.indices)
        assert torch.equal(peaks, logits.amax(-1))
        assert torch.equal(best, logits.argmax(-1))

    def test_takes_the_first_of_equals_as_argmax_does(self):
        logits = torch.zeros(1, 640)
        logits[0, [70, 75, 300]] = 1.0

        assert greatest(logits)[1].tolist() == [70]

    def test_meets_a_number_that_is_none(self):
        logits = torch.zeros(1, 640)
        logits[0, 500] = float("nan")

        assert greatest(logits)[0].isnan().all()


class TestChoose:
    def test_tells_the_models_own_log_probabilities_whatever_the_sampling(self):
        logits = _logits(2)
        rows = [_row(num_logprobs=3, temperature=1.7, top_k=5, seed=9), _row(num_logprobs=0, logit_bias={4: 50.0})]
        expected = logits.log_softmax(-1)

        first, second = choose(logits, rows)

        assert first is not None
        assert second is not None
        assert first.logprob == pytest.approx(expected[0, first.token_id].item(), abs=1e-5)
        assert [token_id for token_id, _ in first.best] == expected[0].topk(3).indices.tolist()
        assert [logprob for _, logprob in first.best] == pytest.approx(expected[0].topk(3).values.tolist(), abs=1e-5)
        assert (second.token_id, second.best) == (4, ())
        assert second.logprob == pytest.approx(expected[1, 4].item(), abs=1e-5)

    def test_tells_none_where_none_are_asked_for(self):
        [choice] = choose(_logits(), [_row()])

        assert choice is not None
        assert choice.logprob is None
