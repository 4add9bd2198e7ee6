"""
Chooses the next token of each row from its logits.

Chance enters as Gumbel noise that is a function of (seed, position, token id) alone. So a row's choice depends neither
on who shares the batch nor on how the filters are computed, and an answer resumed at a position goes on as it would
have. Owns filters, penalties and noise; knows no text.
"""

from collections import Counter
from collections.abc import Sequence
from math import log

import torch
from torch import Tensor

from inference.tokens.choice import Choice, SamplingRow, penalises
from inference.types import SamplingParameters

NUM_CANDIDATES = 64  # over 49,152 entries and 32 rows topk(64) takes 2 ms, a sort 78 ms
_BLOCK = 64  # vocabularies are multiples of it nearly always; others take the slower way
_MIN_TEMPERATURE = 1e-3  # below it logits overflow, and the best token is certain anyway
_MINUS_INFINITY = float("-inf")


def choose(logits: Tensor, rows: Sequence[SamplingRow]) -> list[Choice | None]:
    """As `choose_tokens`, with the log-probabilities that rows ask for: of the logits as they came. logits: (R, V)."""
    chosen = choose_tokens(logits, rows)
    return [
        None
        if token_id is None
        else Choice(token_id)
        if row.parameters.num_logprobs is None
        else _with_logprobs(logits[place].float(), token_id, row.parameters.num_logprobs)
        for place, (token_id, row) in enumerate(zip(chosen, rows, strict=True))
    ]


def _with_logprobs(logits: Tensor, token_id: int, num_best: int) -> Choice:
    """logits: (V,)."""
    logprobs = logits - logits.logsumexp(dim=-1)
    values, ids = logprobs.topk(min(num_best, len(logprobs)))
    best = tuple(zip(ids.tolist(), values.tolist(), strict=True))
    return Choice(token_id, float(logprobs[token_id]), best)


def choose_tokens(logits: Tensor, rows: Sequence[SamplingRow]) -> list[int | None]:
    """
    Return each row's next token, None for a row whose logits are broken (NaN, or nothing is possible).

    logits: (R, V).
    """
    adjusted = _adjust(logits, rows)  # (R, V)
    peaks, best = greatest(adjusted)  # (R,), (R,); NaN wins a maximum, so a NaN anywhere in a row shows here
    chosen: list[int | None] = [
        token if usable else None for token, usable in zip(best.tolist(), peaks.isfinite().tolist(), strict=True)
    ]
    sampled = [place for place, row in enumerate(rows) if row.parameters.temperature > 0 and chosen[place] is not None]
    if sampled:
        picked = adjusted[sampled] if len(sampled) < len(rows) else adjusted
        for place, token in zip(sampled, _sample(picked, [rows[place] for place in sampled]), strict=True):
            chosen[place] = token
    return chosen


def greatest(logits: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return each row's greatest entry and its first place, (R,) and (R,). logits: (R, V).

    By blocks: torch's maximum with a place takes 1.2 ms over 32 x 49,152 entries, without one 0.2 ms.
    """
    if logits.shape[-1] % _BLOCK:
        return logits.max(dim=-1)
    blocks = logits.view(len(logits), -1, _BLOCK)  # (R, V / B, B)
    peaks, block = blocks.amax(dim=-1).max(dim=-1)
    inside = blocks[torch.arange(len(logits), device=logits.device), block].argmax(dim=-1)
    return peaks, block * _BLOCK + inside


def top(logits: Tensor) -> tuple[Tensor, Tensor]:
    """
    Return the best NUM_CANDIDATES entries of each row, best first, and their places, (R, C) and (R, C).

    They lie in the blocks with the C greatest maxima, so only those are searched.
    """
    num_rows, width = logits.shape
    if width % _BLOCK or width <= NUM_CANDIDATES * _BLOCK:
        return logits.topk(min(NUM_CANDIDATES, width), dim=-1)
    blocks = logits.view(num_rows, -1, _BLOCK)
    chosen = blocks.amax(dim=-1).topk(NUM_CANDIDATES, dim=-1).indices  # (R, C)
    entries = blocks.gather(1, chosen[:, :, None].expand(-1, -1, _BLOCK)).flatten(1)  # (R, C * B)
    values, places = entries.topk(NUM_CANDIDATES, dim=-1)
    return values, chosen.gather(-1, places.div(_BLOCK, rounding_mode="floor")) * _BLOCK + places % _BLOCK


def _sample(logits: Tensor, rows: Sequence[SamplingRow]) -> list[int]:
    """logits: (R, V), finite maxima. Rows that the candidates cannot settle are done over the whole vocabulary."""
    smoothed = [max(row.parameters.temperature, _MIN_TEMPERATURE) for row in rows]
    temperatures = torch.tensor(smoothed, device=logits.device)[:, None]
    chosen = [0] * len(rows)
    quick = [place for place, row in enumerate(rows) if _may_use_candidates(row.parameters)]
    slow = [place for place in range(len(rows)) if place not in set(quick)]
    if quick:
        picked = logits if len(quick) == len(rows) else logits[quick]
        tokens = _sample_candidates(picked, temperatures[quick], [rows[place] for place in quick])
        for place, token in zip(quick, tokens, strict=True):
            if token is None:
                slow.append(place)
            else:
                chosen[place] = token
    if slow:
        scaled = logits[slow].float() / temperatures[slow]
        for place, token in zip(slow, _sample_exactly(scaled, [rows[place] for place in slow]), strict=True):
            chosen[place] = token
    return chosen


def _may_use_candidates(parameters: SamplingParameters) -> bool:
    if parameters.top_k:
        return parameters.top_k <= NUM_CANDIDATES
    return parameters.top_p < 1.0 or parameters.min_p > 0.0


def _sample_candidates(logits: Tensor, temperatures: Tensor, rows: Sequence[SamplingRow]) -> list[int | None]:
    """Choose among each row's best entries; None where those do not hold all that the filters keep. (R, V), (R, 1)."""
    values, ids = top(logits)  # (R, C), best first
    values = values.float() / temperatures
    totals = _log_mass_of_top_k(values, rows)
    unlimited = [place for place, row in enumerate(rows) if not row.parameters.top_k]
    if unlimited:
        totals[unlimited] = (logits[unlimited].float() / temperatures[unlimited]).logsumexp(dim=-1)
    keep = _keep(values, totals, rows)  # (R, C)
    # What the last candidate's successor would meet: if the last candidate is kept, so might the next be.
    complete = [
        not last_kept or row.parameters.top_k > 0 or values.shape[-1] == logits.shape[-1]
        for last_kept, row in zip(keep[:, -1].tolist(), rows, strict=True)
    ]
    scores = values.masked_fill(~keep, _MINUS_INFINITY) + gumbel_noise(ids, rows)
    best = ids.gather(-1, scores.argmax(dim=-1, keepdim=True)).squeeze(-1).tolist()
    return [token if settled else None for token, settled in zip(best, complete, strict=True)]


def _sample_exactly(scaled: Tensor, rows: Sequence[SamplingRow]) -> list[int]:
    """Choose over the whole vocabulary; sorts only if some row filters. scaled: (R, V)."""
    if all(not _filters(row.parameters) for row in rows):
        ids = torch.arange(scaled.shape[-1], device=scaled.device, dtype=torch.int32)[None]  # (1, V)
        return (scaled + gumbel_noise(ids, rows)).argmax(dim=-1).tolist()
    values, ids = scaled.sort(dim=-1, descending=True)  # (R, V)
    totals = _log_mass_of_top_k(values, rows)
    scores = values.masked_fill(~_keep(values, totals, rows), _MINUS_INFINITY) + gumbel_noise(ids, rows)
    return ids.gather(-1, scores.argmax(dim=-1, keepdim=True)).squeeze(-1).tolist()


def _filters(parameters: SamplingParameters) -> bool:
    return parameters.top_k > 0 or parameters.top_p < 1.0 or parameters.min_p > 0.0


def _log_mass_of_top_k(values: Tensor, rows: Sequence[SamplingRow]) -> Tensor:
    """Return (R,): the logarithm of the mass that top_k leaves. values: (R, C), best first."""
    return values.masked_fill(~_within_top_k(values, rows), _MINUS_INFINITY).logsumexp(dim=-1)


def _within_top_k(values: Tensor, rows: Sequence[SamplingRow]) -> Tensor:
    width = values.shape[-1]
    limits = torch.tensor([row.parameters.top_k or width for row in rows], device=values.device)
    return torch.arange(width, device=values.device) < limits[:, None]


def _keep(values: Tensor, log_totals: Tensor, rows: Sequence[SamplingRow]) -> Tensor:
    """
    Say which entries the filters leave: top_k, then top_p within its mass, then min_p, in transformers' order.

    values: (R, C) scaled logits, best first. log_totals: (R,). Returns (R, C); the best entry always stays.
    Sources: nucleus sampling, Holtzman et al. 2020, arXiv:1904.09751; min_p, Nguyen et al. 2024, arXiv:2407.01082.
    """
    probabilities = (values - log_totals[:, None]).exp()  # (R, C)
    mass_above = probabilities.cumsum(dim=-1) - probabilities
    top_p = torch.tensor([row.parameters.top_p for row in rows], device=values.device)
    lowest = torch.tensor(
        [log(row.parameters.min_p) if row.parameters.min_p > 0 else _MINUS_INFINITY for row in rows],
        device=values.device,
    )
    keep = _within_top_k(values, rows) & (values >= values[:, :1] + lowest[:, None])
    # A row without top_p keeps its tail even where rounding lets the sum reach 1 early.
    keep &= (mass_above < top_p[:, None]) | (top_p[:, None] >= 1.0)
    keep[:, 0] = True
    return keep


def gumbel_noise(ids: Tensor, rows: Sequence[SamplingRow]) -> Tensor:
    """
    Return standard Gumbel noise for each token id, (R, C): argmax(logits + noise) samples from softmax(logits).

    ids: (R, C) or (1, C). A pure function of each row's (seed, position) and the id.
    Source: the Gumbel-max trick, Maddison et al. 2014, arXiv:1411.0030; mixing by MurmurHash3's 32-bit finaliser.
    """
    keys = [_mix64(row.seed * 0x9E3779B97F4A7C15 + row.position) for row in rows]
    low, high = (
        torch.tensor([_as_int32(key >> shift) for key in keys], dtype=torch.int32, device=ids.device)[:, None]
        for shift in (0, 32)
    )
    mixed = _mix32(ids.to(torch.int32) * _as_int32(0x9E3779B1) + low)
    mixed = _mix32(mixed.bitwise_xor_(high)).bitwise_and_(0x7FFFFFFF)
    uniform = mixed.to(torch.float32).add_(0.5).mul_(2.0**-31)  # (0, 1]
    # log1p keeps the small exponentials, which are those that win, exact.
    return uniform.neg_().log1p_().neg_().log_().neg_()


def _mix32(bits: Tensor) -> Tensor:
    """In place. int32 products wrap around; shifts are made logical by masking the sign's copies away."""
    bits ^= (bits >> 16) & 0xFFFF
    bits *= _as_int32(0x85EBCA6B)
    bits ^= (bits >> 13) & 0x7FFFF
    bits *= _as_int32(0xC2B2AE35)
    bits ^= (bits >> 16) & 0xFFFF
    return bits


def _mix64(value: int) -> int:
    """SplitMix64's finaliser (Steele et al. 2014): neighbouring seeds and positions give unrelated keys."""
    value &= 0xFFFFFFFFFFFFFFFF
    value = (value ^ (value >> 30)) * 0xBF58476D1CE4E5B9 & 0xFFFFFFFFFFFFFFFF
    value = (value ^ (value >> 27)) * 0x94D049BB133111EB & 0xFFFFFFFFFFFFFFFF
    return value ^ (value >> 31)


def _as_int32(value: int) -> int:
    value &= 0xFFFFFFFF
    return value - (1 << 32) if value >= 1 << 31 else value


def _adjust(logits: Tensor, rows: Sequence[SamplingRow]) -> Tensor:
    """Return logits with biases, penalties and constraints put in; the same tensor where no row has any."""
    touched = [place for place, row in enumerate(rows) if _adjusts(row)]
    if not touched:
        return logits
    adjusted = logits.float() if logits.dtype != torch.float32 else logits.clone()
    for place in touched:
        _penalise(adjusted[place], rows[place])
        _constrain(adjusted[place], rows[place].allowed_ids)
    return adjusted


def _adjusts(row: SamplingRow) -> bool:
    return bool(row.parameters.logit_bias or penalises(row.parameters) or row.allowed_ids is not None)


def _penalise(logits: Tensor, row: SamplingRow) -> None:
    """
    Apply penalties and biases to one row in place. logits: (V,).

    repetition (CTRL, arXiv:1909.05858): over prompt and answer, divides what is positive, multiplies what is negative.
    frequency, presence (OpenAI's API): over the answer alone, subtracted per occurrence and once.
    """
    parameters = row.parameters
    if parameters.repetition_penalty != 1.0:
        seen = torch.tensor(sorted({*row.prompt_ids, *row.generated_ids}), device=logits.device)
        values = logits[seen]
        penalty = parameters.repetition_penalty
        logits[seen] = torch.where(values > 0, values / penalty, values * penalty)
    if row.generated_ids and (parameters.frequency_penalty or parameters.presence_penalty):
        counts = Counter(row.generated_ids)
        used = torch.tensor(list(counts), device=logits.device)
        times = torch.tensor(list(counts.values()), device=logits.device, dtype=logits.dtype)
        logits[used] -= parameters.frequency_penalty * times + parameters.presence_penalty
    if parameters.logit_bias:
        biased = torch.tensor(list(parameters.logit_bias), device=logits.device)
        logits[biased] += torch.tensor(list(parameters.logit_bias.values()), device=logits.device)


def _constrain(logits: Tensor, allowed_ids: Sequence[int] | None) -> None:
    """Make every other token impossible, in place. logits: (V,)."""
    if allowed_ids is None:
        return
    allowed = torch.tensor(allowed_ids, device=logits.device)
    values = logits[allowed]
    logits.fill_(_MINUS_INFINITY)
    logits[allowed] = values
