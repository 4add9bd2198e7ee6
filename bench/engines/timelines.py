"""Figures out of what readers saw. Pure."""

import itertools
import math
import statistics
from collections.abc import Mapping, Sequence

from bench.engines.protocol import Trace


def decode_figures(traces: Mapping[str, Trace]) -> dict[str, float]:
    """Return total tokens/s from the first submission to the last end, and the median time to the first token."""
    took_s = max(_end_of(trace) for trace in traces.values())
    num_tokens = sum(trace.num_tokens for trace in traces.values())
    firsts = [first_token_s(trace) for trace in traces.values()]
    return {
        "tokens_per_s": num_tokens / took_s,
        "first_token_s": statistics.median(firsts),
        "tokens_per_answer": num_tokens / len(traces),
    }


def prefill_figures(traces: Mapping[str, Trace]) -> dict[str, float]:
    """Return prompt tokens/s until the first new token of the only answer."""
    [trace] = traces.values()
    took_s = first_token_s(trace)
    return {"prefill_tokens_per_s": trace.num_prompt_tokens / took_s, "first_token_s": took_s}


def beside_figures(traces: Mapping[str, Trace], *, joining: str) -> dict[str, float]:
    """
    Return the joining prompt's prefill tokens/s, and the gaps between tokens of the others while it was computed.

    A gap counts if it overlaps that time, so one that begins before or ends after it does too.
    :raises ValueError: if another answer ended before the joining one had its first token.
    """
    joined = traces[joining]
    begin_s = joined.submitted_s
    end_s = begin_s + first_token_s(joined)
    others = [trace for key, trace in traces.items() if key != joining]
    if any(trace.arrivals_s[-1] < begin_s or _end_of(trace) < end_s for trace in others):
        raise ValueError("an answer ended while the long prompt was computed; give them more tokens to write")
    gaps = [gap for trace in others for gap in gaps_between(trace.arrivals_s, begin_s=begin_s, end_s=end_s)]
    return {
        "prefill_tokens_per_s": joined.num_prompt_tokens / (end_s - begin_s),
        "greatest_gap_ms": 1_000 * max(gaps),
        "p95_gap_ms": 1_000 * percentile(gaps, share=0.95),
    }


def first_token_s(trace: Trace) -> float:
    """:raises ValueError: if no token came."""
    if not trace.arrivals_s:
        raise ValueError("an answer without a token has no first one")
    return trace.arrivals_s[0] - trace.submitted_s


def gaps_between(arrivals_s: Sequence[float], *, begin_s: float, end_s: float) -> list[float]:
    """Return the gaps between neighbours that overlap begin to end; the last is open if no arrival closes it."""
    pairs = itertools.pairwise(arrivals_s)
    gaps = [later - earlier for earlier, later in pairs if later > begin_s and earlier < end_s]
    if arrivals_s[-1] < end_s:
        gaps.append(end_s - arrivals_s[-1])
    return gaps


def percentile(values: Sequence[float], *, share: float) -> float:
    """
    Return the smallest value that at least `share` of the values do not exceed (nearest rank).

    :raises ValueError: if there is no value.
    """
    if not values:
        raise ValueError("no value has a percentile")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


def median_of(readings: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """Return the median of each figure over the rounds."""
    return {name: statistics.median(reading[name] for reading in readings) for name in readings[0]} if readings else {}


def _end_of(trace: Trace) -> float:
    if trace.ended_s is None:
        raise ValueError("an answer without an end has no duration")
    return trace.ended_s
