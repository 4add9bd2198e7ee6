"""
What is known of one row when its next token is chosen, and what was chosen. Needs no torch.

Knows no logits: choosing is `layers/sampling`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inference.types import SamplingParameters


@dataclass(frozen=True, slots=True)
class SamplingRow:
    """What decides one row's choice beside its logits."""

    parameters: SamplingParameters
    seed: int
    position: int  # of the token to choose, counted from the prompt's beginning
    prompt_ids: Sequence[int] = ()  # both are read for penalties only
    generated_ids: Sequence[int] = ()
    allowed_ids: Sequence[int] | None = None  # None = all


@dataclass(frozen=True, slots=True)
class Choice:
    """A row's next token; if asked for, its log-probability and the best tokens as (id, logprob)."""

    token_id: int
    logprob: float | None = None
    best: tuple[tuple[int, float], ...] = ()


def penalises(parameters: SamplingParameters) -> bool:
    """Whether the choice depends on the tokens that are there already."""
    return bool(parameters.repetition_penalty != 1.0 or parameters.frequency_penalty or parameters.presence_penalty)
