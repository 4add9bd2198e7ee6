"""Attention over slots against torch's own attention, request by request."""

from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.nn.functional import scaled_dot_product_attention

from inference.layers.attention import Run, decode_runs, pack, slot_attention
from inference.layers.cache import CacheShape, SlotCache
from inference.layers.segment import Segment
from inference.tokens.job import Job

NUM_SLOTS, NUM_HEADS, NUM_GROUPS, HEAD_SIZE, BLOCK = 5, 2, 3, 8, 16
LENGTH = 80
CPU = torch.device("cpu")


class _Layer(torch.nn.Module):
    layer_idx = 0


def _segment(slot: int, start: int, num_tokens: int) -> Segment:
    job = Job(str(slot), [0] * (start + num_tokens), max_tokens=LENGTH, slot=slot)
    return Segment(job, slot, start, (0,) * num_tokens, samples=True)


def _filled_cache() -> SlotCache:
    shape = CacheShape(num_layers=1, num_heads=NUM_HEADS, head_size=HEAD_SIZE, dtype=torch.float32)
    cache = SlotCache(shape, num_slots=NUM_SLOTS, slot_length=LENGTH, device=CPU, block_length=BLOCK)
    for slot in range(NUM_SLOTS):
        index = cache.write_index(torch.full((LENGTH,), slot), torch.arange(LENGTH))
        entries = torch.randn(2, LENGTH, NUM_HEADS, HEAD_SIZE)
        cache.write(0, entries[0], entries[1], index)
    return cache


def _entries(cache: SlotCache, slot: int) -> list[torch.Tensor]:
    """One slot's keys and values, each (H, L, D)."""
    return [
        part.unflatten(1, (NUM_SLOTS, NUM_HEADS))[:, slot].transpose(0, 1).flatten(1, 2) for part in cache.layers[0]
    ]


def _expected(
    cache: SlotCache,
    segment: Segment,
    query: torch.Tensor,
    *,
    window: int | None,
    softcap: float | None,
    key_bias: torch.Tensor | None,
) -> torch.Tensor:
    """query: (Q, A, D). Computed the plain way from what the cache holds, this segment's own tokens included."""
    end = segment.start + len(segment.tokens)
    keys, values = (part[:, :end].repeat_interleave(NUM_GROUPS, 0) for part in _entries(cache, segment.slot))
    looking, looked_at = torch.arange(segment.start, end)[:, None], torch.arange(end)
    visible = (looked_at <= looking) & (looked_at > looking - (window or LENGTH))
    if softcap is None:
        bias = torch.zeros(()) if key_bias is None else key_bias[:, None, :end]
        mask = bias.masked_fill(~visible, float("-inf"))
        return scaled_dot_product_attention(query.transpose(0, 1), keys, values, attn_mask=mask).transpose(0, 1)
    scores = query.transpose(0, 1) @ keys.transpose(1, 2) * HEAD_SIZE**-0.5
    scores = torch.tanh(scores / softcap) * softcap
    if key_bias is not None:
        scores = scores + key_bias[:, None, :end]
    scores = scores.masked_fill(~visible, float("-inf"))
    return (scores.softmax(-1) @ values).transpose(0, 1)


def _linear_bias() -> torch.Tensor:
    """(A, LENGTH): every head's weight falls with distance at a rate of its own (ALiBi)."""
    return torch.logspace(-3, 0, NUM_HEADS * NUM_GROUPS)[:, None] * torch.arange(LENGTH)


def _check(decodes: list[Segment], prefills: list[Segment], **options: Any) -> None:
    torch.manual_seed(0)
    cache = _filled_cache()
    segments = [*decodes, *prefills]
    num_tokens = sum(len(segment.tokens) for segment in segments)
    query = torch.randn(1, NUM_HEADS * NUM_GROUPS, num_tokens, HEAD_SIZE)
    key, value = torch.randn(2, 1, NUM_HEADS, num_tokens, HEAD_SIZE)

    batch = pack(cache, decodes, prefills, device=CPU)
    attended, _ = slot_attention(_Layer(), query, key, value, None, slot_batch=batch, **options)

    first = 0
    for segment in segments:
        last = first + len(segment.tokens)
        own = query[0, :, first:last].transpose(0, 1)
        expected = _expected(
            cache,
            segment,
            own,
            window=options.get("sliding_window"),
            softcap=options.get("softcap"),
            key_bias=options.get("key_bias"),
        )
        torch.testing.assert_close(attended[0, first:last], expected, rtol=1e-4, atol=1e-5)
        first = last


class TestSlotAttention:
    @given(
        starts=st.dictionaries(st.integers(0, NUM_SLOTS - 2), st.integers(0, LENGTH - 1), max_size=NUM_SLOTS - 1),
        chunk=st.one_of(st.none(), st.tuples(st.integers(0, 60), st.integers(1, 20))),
        window=st.one_of(st.none(), st.integers(1, LENGTH)),
        is_biased=st.booleans(),
    )
    @settings(max_examples=100, deadline=None)
    def test_is_torchs_for_each_request_whoever_shares_the_batch(self, starts, chunk, window, is_biased):
        decodes = [_segment(slot, start, 1) for slot, start in sorted(starts.items())]
        prefills = [] if chunk is None else [_segment(NUM_SLOTS - 1, *chunk)]
        if decodes or prefills:
            _check(decodes, prefills, sliding_window=window, key_bias=_linear_bias() if is_biased else None)

    def test_caps_scores_where_a_model_asks_for_it(self):
        _check([_segment(0, 40, 1), _segment(1, 3, 1)], [_segment(3, 10, 20)], softcap=0.7)
        _check([_segment(2, 5, 1)], [], softcap=0.7)

    def test_adds_a_keys_bias_to_its_capped_score(self):
        _check([_segment(0, 40, 1), _segment(1, 3, 1)], [_segment(3, 10, 20)], softcap=0.7, key_bias=_linear_bias())

    def test_lets_a_sink_take_its_share(self):
        sinks = torch.full((NUM_HEADS * NUM_GROUPS,), 30.0)  # next to everything
        cache = _filled_cache()
        query = torch.randn(1, NUM_HEADS * NUM_GROUPS, 1, HEAD_SIZE)
        key = torch.zeros(1, NUM_HEADS, 1, HEAD_SIZE)

        batch = pack(cache, [_segment(0, 20, 1)], [], device=CPU)
        attended, _ = slot_attention(_Layer(), query, key, key, None, slot_batch=batch, s_aux=sinks)

        assert attended.abs().max() < 1e-6

    def test_refuses_a_position_bias(self):
        batch = pack(_filled_cache(), [_segment(0, 0, 1)], [], device=CPU)
        part = torch.zeros(1, NUM_HEADS, 1, HEAD_SIZE)

        with pytest.raises(NotImplementedError, match="position_bias"):
            slot_attention(_Layer(), part, part, part, None, slot_batch=batch, position_bias=part)


def _runs(starts_by_slot: dict[int, int]) -> list[Run]:
    segments = [
        Segment(Job(str(slot), [], max_tokens=0), slot, start, (0,), samples=True)
        for slot, start in starts_by_slot.items()
    ]
    return decode_runs(segments, BLOCK)


class TestDecodeRuns:
    def test_join_neighbours_over_small_gaps(self):
        assert _runs({0: 5, 1: 5, 3: 5}) == [Run(0, (5, 5, None, 5))]

    def test_break_at_gaps_that_cost_more_than_a_run(self):
        assert _runs({0: 5, 1: 6, 30: 7, 31: 8}) == [Run(0, (5, 6)), Run(30, (7, 8))]

    def test_break_where_a_long_neighbour_would_make_others_read_in_vain(self):
        long = 64 * BLOCK - 1

        assert _runs({0: long, 1: 0, 2: 0}) == [Run(0, (long,)), Run(1, (0, 0))]

    def test_read_a_block_only_for_slots_that_reach_it(self):
        assert Run(2, (3, 40, 20, 2)).plan(BLOCK) == [4, 4, 2, 41, 1, 3, 1, 2]

    def test_hold_each_decoding_slot_once_in_order(self):
        starts = {slot: 37 * slot % LENGTH for slot in (0, 2, 3, 9, 10, 11, 40, 41)}

        runs = _runs(starts)

        assert [run.first_slot + place for run in runs for place in run.places] == list(starts)
        assert [run.starts[place] for run in runs for place in run.places] == list(starts.values())
