"""
Attention of one packed batch over the slots' cache.

All tokens of a step, of whatever request, go through the model as one row (1, T); only here are they told apart.
Registered with transformers as an attention implementation, so it serves every model written for its attention
interface (the one its own continuous batching uses); `require_parity` tells at load whether a model really is.
Owns masks and shapes; knows neither tokens nor requests.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from inference.cache import SlotCache
from inference.scheduler import Segment

ATTENTION_NAME = "inference_slots"
_LENGTH_BUCKET = 64  # positions; attention lengths are rounded up to it, so that few shapes occur


@dataclass(frozen=True, slots=True)
class Span:
    """Tokens first_token … of the batch that attend together: `num_slots` neighbouring slots, as many tokens each."""

    first_token: int
    num_tokens: int  # of each slot; 1 when decoding
    first_slot: int
    starts: tuple[int, ...]  # position of each slot's first token

    @property
    def num_slots(self) -> int:
        return len(self.starts)

    @property
    def length(self) -> int:
        """Positions that the longest of its slots attends to."""
        return max(self.starts) + self.num_tokens


@dataclass(slots=True)
class PackedBatch:
    """Where each token of a step belongs. Masks are made once and shared by all layers."""

    cache: SlotCache
    spans: list[Span]
    index: Tensor  # (T * H,), from SlotCache.write_index
    masks: dict[tuple[int, int | None], Tensor | None] = field(default_factory=dict)  # by (span number, window)

    def mask(self, number: int, *, window: int | None, like: Tensor) -> Tensor | None:
        key = (number, window)
        if key not in self.masks:
            self.masks[key] = span_mask(self.spans[number], self.attended_length(number), window=window, like=like)
        return self.masks[key]

    def attended_length(self, number: int) -> int:
        """Positions of the cache that a span reads; rounded up where a mask hides the rest anyway."""
        span = self.spans[number]
        if span.num_slots == 1:
            return span.length
        return min(-(-span.length // _LENGTH_BUCKET) * _LENGTH_BUCKET, self.cache.slot_length)


def pack(
    cache: SlotCache, decodes: Sequence[Segment], prefills: Sequence[Segment], *, device: torch.device
) -> PackedBatch:
    """Lay a step's segments out: decoding slots that are neighbours share a span, a prompt's chunk has its own."""
    segments = [*decodes, *prefills]
    slots = [segment.slot for segment in segments for _ in segment.tokens]
    positions = [segment.start + place for segment in segments for place in range(len(segment.tokens))]
    spans = _decode_spans(decodes)
    first_token = len(decodes)
    for segment in prefills:
        spans.append(Span(first_token, len(segment.tokens), segment.slot, (segment.start,)))
        first_token += len(segment.tokens)
    for segment in segments:
        cache.note_length(segment.slot, segment.start + len(segment.tokens))
    index = cache.write_index(torch.tensor(slots, device=device), torch.tensor(positions, device=device))
    return PackedBatch(cache, spans, index)


def _decode_spans(decodes: Sequence[Segment]) -> list[Span]:
    """decodes: one token each, ordered by slot."""
    breaks = [number for number, (one, other) in enumerate(pairwise(decodes), 1) if other.slot != one.slot + 1]
    edges = [0, *breaks, len(decodes)] if decodes else []
    return [
        Span(first, 1, decodes[first].slot, tuple(segment.start for segment in decodes[first:last]))
        for first, last in pairwise(edges)
    ]


def span_mask(span: Span, length: int, *, window: int | None, like: Tensor) -> Tensor | None:
    """
    Return what is added to a span's scores, (N, 1, Q, L): 0 where a token may look, -inf elsewhere; None = all may.

    N slots, Q tokens each, L positions. Token q of slot n looks at positions up to starts[n] + q, and with a sliding
    window at no more than `window` of them.
    """
    if span.num_slots == 1 and span.num_tokens == 1 and (window is None or length <= window):
        return None
    starts = torch.tensor(span.starts, device=like.device)
    looking = (starts[:, None] + torch.arange(span.num_tokens, device=like.device))[:, None, :, None]  # (N, 1, Q, 1)
    looked_at = torch.arange(length, device=like.device)  # (L,)
    hidden = looked_at > looking  # (N, 1, Q, L)
    if window is not None:
        hidden |= looked_at <= looking - window
    return torch.zeros(hidden.shape, dtype=like.dtype, device=like.device).masked_fill_(hidden, float("-inf"))


def slot_attention(
    module: torch.nn.Module,
    query: Tensor,
    key: Tensor,
    value: Tensor,
    attention_mask: Tensor | None,  # noqa: ARG001  # transformers makes none for a foreign implementation
    *,
    scaling: float | None = None,
    slot_batch: PackedBatch,
    sliding_window: int | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """
    Store the batch's keys and values, then attend each span to its slots.

    query: (1, A, T, D) with A attention heads; key, value: (1, H, T, D). Returns (1, T, A, D).
    :raises NotImplementedError: for a model whose attention does more (soft capping, sinks).
    """
    for option in ("softcap", "s_aux", "position_bias"):
        if options.get(option) is not None:
            raise NotImplementedError(f"slot attention has no {option}")
    layer: int = module.layer_idx  # type: ignore[assignment]  # torch types every attribute Tensor | Module
    cache = slot_batch.cache
    cache.write(layer, key[0].transpose(0, 1), value[0].transpose(0, 1), slot_batch.index)
    packed = query[0].transpose(0, 1)  # (T, A, D)
    outputs = [
        _attend(span, packed, cache.layers[layer], slot_batch.attended_length(number), mask, scaling)
        for number, span in enumerate(slot_batch.spans)
        for mask in (slot_batch.mask(number, window=sliding_window, like=query),)
    ]
    return (outputs[0] if len(outputs) == 1 else torch.cat(outputs))[None], None


def _attend(
    span: Span, packed: Tensor, layer: tuple[Tensor, Tensor], length: int, mask: Tensor | None, scaling: float | None
) -> Tensor:
    """packed: (T, A, D). Returns (N * Q, A, D)."""
    num_slots, num_tokens = span.num_slots, span.num_tokens
    last_slot = span.first_slot + num_slots
    keys, values = (part[span.first_slot : last_slot, :, :length] for part in layer)  # (N, H, L, D), views
    num_heads, head_size = keys.shape[1], keys.shape[3]
    queries = packed[span.first_token : span.first_token + num_slots * num_tokens]
    num_groups = queries.shape[1] // num_heads
    if num_tokens == 1:
        # The G query heads of a key head become its query rows: keys and values are read once, not G times.
        grouped = queries.reshape(num_slots, num_heads, num_groups, head_size)
        attended = scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=scaling)
        return attended.reshape(num_slots, -1, head_size)
    # One slot, Q tokens: key heads as the batch, their G query heads as heads, keys repeated without a copy.
    grouped = queries.view(num_tokens, num_heads, num_groups, head_size).permute(1, 2, 0, 3)  # (H, G, Q, D)
    keys, values = (part.transpose(0, 1).expand(-1, num_groups, -1, -1) for part in (keys, values))  # (H, G, L, D)
    attended = scaled_dot_product_attention(grouped, keys, values, attn_mask=mask, scale=scaling)
    return attended.permute(2, 0, 1, 3).reshape(num_tokens, -1, head_size)
