"""
Attention over the slots' cache: the arithmetic alone.

Written in the subset of Python that TorchScript compiles, because the fused layers call it from there; everything is a
tensor or an integer. Knows neither requests nor slots' meaning. Batched matrix products, not torch's fused attention:
on the
CPU that one takes 1.0 ms for 32 streams of 256 positions and the products 0.3 ms, at 1,024 positions 3.8 and 0.8 ms.
"""

import torch
from torch import Tensor
from torch.nn.functional import pad

# Scores of a prompt's chunk that are held at once; beyond it they fall out of the processor's cache.
_MAX_SCORES = 4_000_000


def weigh(scores: Tensor, mask: Tensor, softcap: float, sinks: Tensor | None) -> Tensor:
    """
    Return the weights of scaled scores, in place where possible.

    scores: (R, Q, L). mask: broadcasts to it, 0 or -inf. softcap: 0 = none (Gemma 2, arXiv:2408.00118). sinks:
    (R, Q, 1), logits of a position that is attended to and holds nothing (gpt-oss), or None.
    """
    if softcap > 0.0:
        scores = torch.tanh(scores / softcap).mul_(softcap)
    scores = scores.add_(mask)
    if sinks is None:
        return torch.softmax(scores, -1)
    return torch.softmax(torch.cat([scores, sinks], -1), -1)[:, :, :-1]


def attend_alone(query: Tensor, keys: Tensor, values: Tensor, first_row: int, length: int, scaling: float) -> Tensor:
    """
    Attend one token of one slot to all positions before it: torch's fused attention, block by block at once.

    query: (H, G, D). length: positions to see. Returns (H, G, D). The blocks' results are joined by the logarithms of
    their masses (Milakov and Gimelshein 2018, arXiv:1805.02867).
    """
    num_heads, block_length = query.size(0), keys.size(2)
    last_row, whole = first_row + num_heads, length // block_length
    rest = length - whole * block_length
    outcomes: list[Tensor] = []
    masses: list[Tensor] = []
    if whole > 0:
        outcome, mass = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(  # noqa: SLF001  # gives masses too
            query.expand(whole, -1, -1, -1),
            keys[:whole, first_row:last_row],
            values[:whole, first_row:last_row],
            scale=scaling,
        )
        outcomes.append(outcome)
        masses.append(mass)
    if rest > 0:
        outcome, mass = torch.ops.aten._scaled_dot_product_flash_attention_for_cpu(  # noqa: SLF001
            query.unsqueeze(0),
            keys[whole : whole + 1, first_row:last_row, :rest],
            values[whole : whole + 1, first_row:last_row, :rest],
            scale=scaling,
        )
        outcomes.append(outcome)
        masses.append(mass)
    if len(outcomes) == 1 and whole <= 1:
        return outcomes[0]
    shares = torch.softmax(torch.cat(masses).float(), 0).unsqueeze(-1)  # (N, H, G, 1)
    return torch.cat(outcomes).float().mul_(shares).sum(0).to(query.dtype)


def attend_run(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor,
    run: list[int],
    num_heads: int,
    scaling: float,
    softcap: float,
    sinks: Tensor | None,
    key_bias: Tensor | None,
) -> Tensor:
    """
    Attend one token of each of n neighbouring slots.

    query: (n, A, D). keys, values: (N, S * H, B, D) of one layer. mask: (n * H, A / H, L), L whole blocks, empty = a
    single slot that sees all of its positions. run: first slot, positions of the longest slot, then for each block
    after the first the slots (from, to) that reach it. sinks: (A,). key_bias: (A, at least L). Returns (n, A, D).
    """
    num_slots, head_size = query.size(0), query.size(2)
    num_groups = query.size(1) // num_heads
    first_row, num_rows, length = run[0] * num_heads, num_slots * num_heads, keys.size(2)
    grouped = query.reshape(num_rows, num_groups, head_size)
    if mask.numel() == 0:
        return attend_alone(grouped, keys, values, first_row, run[1], scaling).view(1, -1, head_size)
    row_sinks: Tensor | None = None
    if sinks is not None:
        row_sinks = sinks.view(1, num_heads, num_groups).expand(num_slots, -1, -1).reshape(num_rows, num_groups, 1)
    if key_bias is not None:
        by_head = key_bias[:, : mask.size(2)].reshape(num_heads, num_groups, -1)
        mask = mask + by_head.repeat(num_slots, 1, 1)
    first_keys = keys[0, first_row : first_row + num_rows].transpose(1, 2)
    num_blocks = mask.size(2) // length
    if num_blocks == 1 and softcap == 0.0 and row_sinks is None:
        weights = torch.softmax(torch.baddbmm(mask, grouped, first_keys, alpha=scaling), -1)
    else:
        scores = torch.zeros_like(mask)
        scores[:, :, :length] = torch.bmm(grouped, first_keys)
        for block in range(1, num_blocks):
            low, high = run[2 * block] * num_heads, run[2 * block + 1] * num_heads
            block_keys = keys[block, first_row + low : first_row + high].transpose(1, 2)
            scores[low:high, :, block * length : (block + 1) * length] = torch.bmm(grouped[low:high], block_keys)
        weights = weigh(scores.mul_(scaling), mask, softcap, row_sinks)
    attended = torch.bmm(weights[:, :, :length], values[0, first_row : first_row + num_rows])
    for block in range(1, num_blocks):
        low, high = run[2 * block] * num_heads, run[2 * block + 1] * num_heads
        block_weights = weights[low:high, :, block * length : (block + 1) * length]
        attended[low:high].baddbmm_(block_weights, values[block, first_row + low : first_row + high])
    return attended.view(num_slots, num_heads * num_groups, head_size)


def attend_chunk(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    mask: Tensor,
    chunk: list[int],
    num_heads: int,
    scaling: float,
    softcap: float,
    sinks: Tensor | None,
    key_bias: Tensor | None,
) -> Tensor:
    """
    Attend Q consecutive tokens of one slot, in parts whose scores fit the processor's cache.

    query: (Q, A, D). keys, values: (N, S * H, B, D) of one layer. mask: (Q, M), for the last M positions of the blocks
    that are read; those before are seen by all. chunk: slot, blocks to read. sinks: (A,). key_bias: (A, at least what
    is read). Returns (Q, A, D).
    """
    num_tokens, head_size = query.size(0), query.size(2)
    num_groups = query.size(1) // num_heads
    row, num_blocks = chunk[0] * num_heads, chunk[1]
    width = num_blocks * keys.size(2)
    all_keys = keys[:num_blocks, row : row + num_heads].transpose(0, 1).reshape(num_heads, width, head_size)
    all_values = values[:num_blocks, row : row + num_heads].transpose(0, 1).reshape(num_heads, width, head_size)
    grouped = query.view(num_tokens, num_heads, num_groups, head_size).permute(1, 2, 0, 3)  # (H, G, Q, D)
    attended = torch.empty_like(query)
    size = max(16, _MAX_SCORES // (query.size(1) * width))
    for first in range(0, num_tokens, size):
        last = min(first + size, num_tokens)
        part = grouped[:, :, first:last].reshape(num_heads, num_groups * (last - first), head_size)
        scores = torch.bmm(part, all_keys.transpose(1, 2)).mul_(scaling)
        by_group = scores.view(num_heads * num_groups, last - first, width)
        if softcap == 0.0 and sinks is None:
            if key_bias is not None:
                by_group.add_(key_bias[:, :width].unsqueeze(1))
            by_group[:, :, width - mask.size(1) :].add_(mask[first:last])
            weights = torch.softmax(scores, -1)
        else:
            whole = pad(mask[first:last], [width - mask.size(1), 0])
            if key_bias is not None:
                whole = whole + key_bias[:, :width].unsqueeze(1)  # (A, Q, L)
            row_sinks: Tensor | None = None
            if sinks is not None:
                row_sinks = sinks.view(-1, 1, 1).expand(-1, last - first, 1)
            weights = weigh(by_group, whole, softcap, row_sinks).reshape(num_heads, -1, width)
        outcome = torch.bmm(weights, all_values).view(num_heads, num_groups, last - first, head_size)
        attended[first:last] = outcome.permute(2, 0, 1, 3).reshape(last - first, -1, head_size)
    return attended


def attend(
    query: Tensor,
    keys: Tensor,
    values: Tensor,
    runs: list[list[int]],
    run_places: list[Tensor],
    run_masks: list[Tensor],
    chunks: list[list[int]],
    chunk_masks: list[Tensor],
    num_heads: int,
    scaling: float,
    softcap: float,
    sinks: Tensor | None,
    key_bias: Tensor | None,
) -> Tensor:
    """
    Attend a packed batch: first one token of each decoding slot, run after run, then each prompt's chunk.

    query: (T, A, D). runs: how many slots decode, how many it spans, then as in `attend_run`; run_places: which of
    those it spans decode, empty = all. chunks: number of tokens, then as in `attend_chunk`. key_bias: (A, P), what
    is added to the scores of a key at each of a slot's positions (ALiBi, arXiv:2108.12409), or None. Returns (T, A, D).
    """
    parts: list[Tensor] = []
    first = 0
    for number in range(len(runs)):
        last = first + runs[number][0]
        own, places = query[first:last], run_places[number]
        if places.numel() > 0:
            own = query.new_zeros(runs[number][1], query.size(1), query.size(2)).index_copy_(0, places, own)
        attended = attend_run(
            own, keys, values, run_masks[number], runs[number][2:], num_heads, scaling, softcap, sinks, key_bias
        )
        parts.append(attended if places.numel() == 0 else attended.index_select(0, places))
        first = last
    for number in range(len(chunks)):
        last = first + chunks[number][0]
        parts.append(
            attend_chunk(
                query[first:last],
                keys,
                values,
                chunk_masks[number],
                chunks[number][1:],
                num_heads,
                scaling,
                softcap,
                sinks,
                key_bias,
            )
        )
        first = last
    return parts[0] if len(parts) == 1 else torch.cat(parts)
