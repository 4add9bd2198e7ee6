"""
A reservoir of samples of what each rule hit: each hit with the same chance, while their number is unknown. Pure.

Chance is a function of run, rule and number of the hit (docs/decisions/0014): a worker that takes over draws as the
dead one would have. Source of the method: algorithm R, Vitter 1985, "Random sampling with a reservoir".
"""

import random

MAX_SAMPLES = 50


def place_for(number: int, *, key: str) -> int | None:
    """The place, below MAX_SAMPLES, that hit `number` (the first is 1) takes; None if it is not drawn."""
    if number <= MAX_SAMPLES:
        return number - 1
    place = random.Random(f"{key}:{number}").randrange(number)  # noqa: S311  # a sample, not a secret
    return place if place < MAX_SAMPLES else None
