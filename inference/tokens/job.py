"""
One request as tokens, and how far their keys and values are computed. Pure integers.

Knows neither slots' order nor whose turn it is: that is `slots/scheduler`.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(eq=False, slots=True)
class Job:
    """One request as the scheduler sees it: its tokens, and how many of them have keys and values in its slot."""

    request_id: str
    tokens: list[int]  # the prompt's, then each chosen one
    max_tokens: int  # prompt and answer together; the slot room that is reserved for it
    priority: int = 0
    cache_scope: str = ""
    num_shared: int = 0  # the first of its tokens that are public: reused in every scope
    num_computed: int = 0
    num_cached: int = 0  # of the prompt's, those that some slot held already
    slot: int | None = None

    @property
    def is_decoding(self) -> bool:
        return self.num_computed == len(self.tokens) - 1


def common_prefix_length(left: Sequence[int], right: Sequence[int], limit: int) -> int:
    """
    Return how many of the first `limit` tokens are the same.

    By bisection over slices: comparing 4,000 tokens one by one takes 0.2 ms for each slot, a slice 20 us.
    """
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if left[low:middle] == right[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low
