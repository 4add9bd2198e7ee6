"""
How often a rule was right, as far as people looked: an estimate with its interval. Pure.

What was reviewed is no random sample: people appeal what they think wrong. So the estimate leans low.
"""

from dataclasses import dataclass
from math import sqrt

# The two-sided 95 % quantile of the normal distribution.
_Z = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Precision:
    """The share of reviewed decisions that were confirmed, and where the true share lies with 95 % confidence."""

    estimate: float
    low: float
    high: float
    num_reviewed: int


def precision_estimate(*, num_confirmed: int, num_overturned: int) -> Precision | None:
    """
    None where nothing was reviewed.

    :raises ValueError: for a number below 0.
    Source: Wilson score interval, Wilson 1927, J. Am. Stat. Assoc. 22; it stays inside [0, 1] for few reviews too.
    """
    if num_confirmed < 0 or num_overturned < 0:
        raise ValueError(f"numbers of reviews are not below 0: {num_confirmed}, {num_overturned}")
    num = num_confirmed + num_overturned
    if num == 0:
        return None
    share = num_confirmed / num
    squared = _Z * _Z
    middle = (share + squared / (2 * num)) / (1 + squared / num)
    half = _Z / (1 + squared / num) * sqrt(share * (1 - share) / num + squared / (4 * num * num))
    # Rounding may leave the last bit outside.
    return Precision(share, max(0.0, min(share, middle - half)), min(1.0, max(share, middle + half)), num)
