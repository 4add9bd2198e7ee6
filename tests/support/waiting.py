"""Waiting on a thing, with a limit, instead of sleeping."""

import time
from collections.abc import Callable

POLL_S = 0.02


def wait_until(is_true: Callable[[], bool], *, limit_s: float = 30.0, what: str = "the condition") -> None:
    """
    Return as soon as `is_true()`.

    :raises TimeoutError: if that takes longer than `limit_s`.
    """
    deadline = time.monotonic() + limit_s
    while not is_true():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} did not come true within {limit_s:.0f} s")
        time.sleep(POLL_S)
