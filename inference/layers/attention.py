"""
Where each token of a packed batch belongs, and what it may look at.

All tokens of a step, of whatever request, go through the model as one row (1, T); only in attention are they told
apart. Registered with transformers as an attention implementation, so it serves every model written for its attention
interface (the one its own continuous batching uses); `ForwardPass` tells at load whether a model really is.
Owns the plan of a batch and its masks; the arithmetic is `attention_kernels`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import Tensor

from inference.layers.attention_kernels import attend
from inference.layers.cache import SlotCache
from inference.layers.segment import Segment

ATTENTION_NAME = "inference_slots"
# Blocks that a run may read in vain before its slots are attended apart: a run of its own costs about as much.
_MAX_WASTED_BLOCKS = 10


@dataclass(frozen=True, slots=True)
class Run:
    """A stretch of slots whose decoding ones attend together. starts: positions of their tokens, None = idle."""

    first_slot: int
    starts: tuple[int | None, ...]

    @property
    def places(self) -> list[int]:
        """Which of its slots decode, counted from the first."""
        return [place for place, start in enumerate(self.starts) if start is not None]

    @property
    def num_positions(self) -> int:
        """What the longest of its slots attends to."""
        return max(start for start in self.starts if start is not None) + 1

    def plan(self, block_length: int) -> list[int]:
        """As `attention_kernels.attend` reads it."""
        blocks = [0 if start is None else start // block_length + 1 for start in self.starts]
        plan = [len(self.places), len(self.starts), self.first_slot, self.num_positions]
        for block in range(1, max(blocks)):
            reaching = [place for place, number in enumerate(blocks) if number > block]
            plan += [reaching[0], reaching[-1] + 1]
        return plan


@dataclass(slots=True)
class PackedBatch:
    """A step's tokens laid out. Masks are made once for each window and shared by the layers that have it."""

    cache: SlotCache
    runs: list[Run]
    chunks: list[Segment]
    index: Tensor  # (T * 2H,), from SlotCache.write_index
    run_plans: list[list[int]]
    run_places: list[Tensor]  # of each run, which slots decode; empty = all
    chunk_plans: list[list[int]]
    _masks: dict[tuple[int | None, bool], tuple[list[Tensor], list[Tensor]]] = field(default_factory=dict)

    def masks(
        self, window: int | None, *, num_groups: int, like: Tensor, is_plain: bool = True
    ) -> tuple[list[Tensor], list[Tensor]]:
        """
        Return the masks of the runs and of the chunks.

        num_groups: query heads of one key head. is_plain: attention does nothing but the softmax of masked scores.
        """
        if (window, is_plain) not in self._masks:
            length, repeat = self.cache.block_length, (self.cache.shape.num_heads, num_groups)
            self._masks[window, is_plain] = (
                [
                    like.new_empty(0)
                    if is_plain and like.device.type == "cpu" and sees_all(run, window=window)
                    else run_mask(run, length, window=window, repeat=repeat, like=like)
                    for run in self.runs
                ],
                [chunk_mask(chunk, length, window=window, like=like) for chunk in self.chunks],
            )
        return self._masks[window, is_plain]


def pack(
    cache: SlotCache, decodes: Sequence[Segment], prefills: Sequence[Segment], *, device: torch.device
) -> PackedBatch:
    """Lay a step's segments out: decoding slots that are neighbours share a run, a prompt's chunk stands alone."""
    segments = [*decodes, *prefills]
    slots = [segment.slot for segment in segments for _ in segment.tokens]
    positions = [segment.start + place for segment in segments for place in range(len(segment.tokens))]
    for segment in segments:
        cache.note_length(segment.slot, segment.start + len(segment.tokens))
    index = cache.write_index(torch.tensor(slots, device=device), torch.tensor(positions, device=device))
    runs = decode_runs(decodes, cache.block_length)
    chunks = list(prefills)
    chunk_plans = [
        [len(chunk.tokens), chunk.slot, -(-(chunk.start + len(chunk.tokens)) // cache.block_length)] for chunk in chunks
    ]
    run_plans = [run.plan(cache.block_length) for run in runs]
    places = [torch.tensor(run.places if None in run.starts else [], dtype=torch.long, device=device) for run in runs]
    return PackedBatch(cache, runs, chunks, index, run_plans, places, chunk_plans)


def decode_runs(decodes: Sequence[Segment], block_length: int) -> list[Run]:
    """
    Split decoding slots, one token each and ordered by slot, where too many are missing between them or too unequal.

    A block is read for all slots between the first and the last that reach it; a run ends where that would waste more
    than a run of its own costs.
    """
    runs: list[Run] = []
    starts: list[int | None] = []
    longest = wasted = 0
    for number, segment in enumerate(decodes):
        blocks = segment.start // block_length + 1
        gap = segment.slot - decodes[number - 1].slot - 1 if starts else 0
        wasted += gap * min(longest, blocks)
        wasted += abs(longest - blocks) if blocks <= longest else len(starts) * (blocks - longest)
        if starts and wasted > _MAX_WASTED_BLOCKS:
            runs.append(Run(decodes[number - 1].slot - len(starts) + 1, tuple(starts)))
            starts, gap, longest, wasted = [], 0, 0, 0
        starts += [None] * gap + [segment.start]
        longest = max(longest, blocks)
    if starts:
        runs.append(Run(decodes[-1].slot - len(starts) + 1, tuple(starts)))
    return runs


def sees_all(run: Run, *, window: int | None) -> bool:
    """Whether a run is a single stream that needs no mask: it is attended by itself, on its own positions."""
    return len(run.starts) == 1 and (window is None or run.num_positions <= window)


def run_mask(run: Run, block_length: int, *, window: int | None, repeat: tuple[int, int], like: Tensor) -> Tensor:
    """
    Return what is added to a run's scores, (n * H, G, L): 0 where a token may look, -inf elsewhere.

    n slots, H key heads, G query heads for each (`repeat` is H, G), L positions in whole blocks. A token looks at the
    positions up to its own, and with a sliding window at no more than `window` of them.
    """
    length = -(-run.num_positions // block_length) * block_length
    # What an idle slot sees is never read, but something it must see: a softmax of nothing is no number.
    sees = [length - 1 if start is None else start for start in run.starts]
    looking = torch.tensor(sees, device=like.device)[:, None]  # (n, 1)
    mask = _mask(looking, torch.arange(length, device=like.device), window=window, like=like)  # (n, L)
    num_heads, num_groups = repeat
    return mask[:, None].expand(-1, num_heads * num_groups, -1).reshape(-1, num_groups, length)


def chunk_mask(chunk: Segment, block_length: int, *, window: int | None, like: Tensor) -> Tensor:
    """Return (Q, M): as `run_mask`, for the last M positions of the blocks read; all Q tokens see those before."""
    num_tokens = len(chunk.tokens)
    first = chunk.start if window is None else 0
    end = -(-(chunk.start + num_tokens) // block_length) * block_length
    looking = torch.arange(chunk.start, chunk.start + num_tokens, device=like.device)[:, None]  # (Q, 1)
    return _mask(looking, torch.arange(first, end, device=like.device), window=window, like=like)


def _mask(looking: Tensor, looked_at: Tensor, *, window: int | None, like: Tensor) -> Tensor:
    hidden = looked_at > looking
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
    softcap: float | None = None,
    s_aux: Tensor | None = None,
    key_bias: Tensor | None = None,
    **options: Any,
) -> tuple[Tensor, None]:
    """
    Store the batch's keys and values, then attend each token to its slot.

    query: (1, A, T, D) with A attention heads; key, value: (1, H, T, D). key_bias: as in `attend`.
    Returns (1, T, A, D).
    :raises NotImplementedError: for a model whose attention does more (a position bias of queries and keys).
    """
    if options.get("position_bias") is not None:
        raise NotImplementedError("slot attention has no position_bias")
    layer: int = module.layer_idx  # type: ignore[assignment]  # torch types every attribute Tensor | Module
    cache = slot_batch.cache
    cache.write(layer, key[0].transpose(0, 1), value[0].transpose(0, 1), slot_batch.index)
    packed = query[0].transpose(0, 1).contiguous()  # (T, A, D)
    num_heads = cache.shape.num_heads
    num_groups, is_plain = packed.shape[1] // num_heads, softcap is None and s_aux is None and key_bias is None
    run_masks, chunk_masks = slot_batch.masks(sliding_window, num_groups=num_groups, like=packed, is_plain=is_plain)
    keys, values = cache.layers[layer]
    attended = attend(
        packed,
        keys,
        values,
        slot_batch.run_plans,
        slot_batch.run_places,
        run_masks,
        slot_batch.chunk_plans,
        chunk_masks,
        num_heads,
        packed.shape[-1] ** -0.5 if scaling is None else scaling,
        softcap or 0.0,
        s_aux,
        key_bias,
    )
    return attended[None], None
