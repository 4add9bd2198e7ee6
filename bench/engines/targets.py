"""
What the engine is asked to reach, and whether it does. Pure.

The limits were set on a machine with AMX; on another one the ratios say more than the absolute figures.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum

from bench.engines.protocol import Mode
from bench.engines.rows import OVERHEAD_SIZE, decode_key
from bench.engines.settings import BARE_LOOP, CONTINUOUS, ENGINE, LLAMA

# Row key → competitor → figure → median.
Medians = Mapping[str, Mapping[str, Mapping[str, float]]]


class Bound(StrEnum):
    """On which side of its limit a figure is right."""

    AT_LEAST = "≥"
    AT_MOST = "≤"


@dataclass(frozen=True, slots=True)
class Target:
    """read: the value reached, None where its row or competitor was not measured."""

    what: str
    limit: float
    unit: str
    bound: Bound
    read: Callable[[Medians], float | None]


@dataclass(frozen=True, slots=True)
class Outcome:
    """ratio: reached over asked. is_reached: None where nothing was measured."""

    what: str
    asked: str
    reached: float | None
    ratio: float | None
    is_reached: bool | None


def figure_of(medians: Medians, row: str, competitor: str, figure: str) -> float | None:
    return medians.get(row, {}).get(competitor, {}).get(figure)


def quotient(numerator: float | None, denominator: float | None) -> float | None:
    """Return None where either is missing or nothing can be divided by."""
    return None if numerator is None or not denominator else numerator / denominator


def outcome_of(target: Target, medians: Medians) -> Outcome:
    reached = target.read(medians)
    asked = f"{target.bound} {target.limit:g}{target.unit}"
    if reached is None:
        return Outcome(target.what, asked, None, None, None)
    is_reached = reached >= target.limit if target.bound is Bound.AT_LEAST else reached <= target.limit
    return Outcome(target.what, asked, reached, reached / target.limit, is_reached)


def _tokens_per_s(size: int, mode: Mode) -> Callable[[Medians], float | None]:
    return lambda medians: figure_of(medians, decode_key(size, mode), ENGINE, "tokens_per_s")


def _against(size: int, mode: Mode, other: str) -> Callable[[Medians], float | None]:
    return lambda medians: quotient(
        _tokens_per_s(size, mode)(medians), figure_of(medians, decode_key(size, mode), other, "tokens_per_s")
    )


def _figure(row: str, figure: str) -> Callable[[Medians], float | None]:
    return lambda medians: figure_of(medians, row, ENGINE, figure)


def _turns(figure: str) -> Callable[[Medians], float | None]:
    return lambda medians: quotient(
        _figure("turns", figure)(medians), _figure("turns", "turn_1_first_token_s")(medians)
    )


def overhead_percent(medians: Medians, mode: Mode) -> float | None:
    """Return how much longer the engine takes for the same tokens than its bare loop."""
    row = decode_key(OVERHEAD_SIZE, mode)
    bare = figure_of(medians, row, BARE_LOOP, "tokens_per_s")
    ratio = quotient(bare, figure_of(medians, row, ENGINE, "tokens_per_s"))
    return None if ratio is None else 100 * (ratio - 1)


def _overhead(mode: Mode) -> Callable[[Medians], float | None]:
    return lambda medians: overhead_percent(medians, mode)


def _mode_targets(mode: Mode) -> tuple[Target, ...]:
    beside = f"beside/{mode}"
    return (
        Target(f"64 streams, {mode}, tokens/s", 700, "", Bound.AT_LEAST, _tokens_per_s(64, mode)),
        Target(f"1 stream, {mode}, tokens/s", 80, "", Bound.AT_LEAST, _tokens_per_s(1, mode)),
        Target(f"1 stream, {mode}, over llama.cpp", 1.0, " ×", Bound.AT_LEAST, _against(1, mode, LLAMA)),
        Target(
            f"prefill beside 8 streams, {mode}, tokens/s",
            2_000,
            "",
            Bound.AT_LEAST,
            _figure(beside, "prefill_tokens_per_s"),
        ),
        Target(f"greatest gap meanwhile, {mode}", 150, " ms", Bound.AT_MOST, _figure(beside, "greatest_gap_ms")),
        Target(f"engine overhead over the bare loop, 32 streams, {mode}", 4, " %", Bound.AT_MOST, _overhead(mode)),
    )


TARGETS = (
    Target(
        "32 streams, sampled, over continuous batching",
        3.0,
        " ×",
        Bound.AT_LEAST,
        _against(32, Mode.SAMPLED, CONTINUOUS),
    ),
    Target("32 streams, sampled, over llama.cpp", 2.4, " ×", Bound.AT_LEAST, _against(32, Mode.SAMPLED, LLAMA)),
    Target(
        "32 streams, greedy, over continuous batching", 1.3, " ×", Bound.AT_LEAST, _against(32, Mode.GREEDY, CONTINUOUS)
    ),
    *_mode_targets(Mode.GREEDY),
    *_mode_targets(Mode.SAMPLED),
    Target("prefill alone, tokens/s", 2_500, "", Bound.AT_LEAST, _figure("prefill", "prefill_tokens_per_s")),
    Target("first token, turn 20 over turn 1, same worker", 1.5, " ×", Bound.AT_MOST, _turns("turn_20_first_token_s")),
    Target("load to the first step, imports excluded", 2, " s", Bound.AT_MOST, _figure("load", "load_to_first_step_s")),
)
