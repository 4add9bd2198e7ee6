"""Finds the least value of a smooth function. Knows nothing of texts. Needs numpy: for training only."""

from collections import deque
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Vector = NDArray[np.float64]  # (D,)
Objective = Callable[[Vector], tuple[float, Vector]]

_NUM_REMEMBERED_STEPS = 10
_SUFFICIENT_DECREASE = 1e-4
_SHORTEST_STEP = 1e-10


def minimise(objective: Objective, start: Vector, *, max_steps: int, tolerance: float) -> Vector:
    """
    L-BFGS with halving line search, until a step gains less than `tolerance` of the value.

    objective: gives value and gradient at a point. Source: Nocedal & Wright, Numerical Optimization, algorithm 7.4.
    """
    point = start
    value, gradient = objective(point)
    memory: deque[tuple[Vector, Vector]] = deque(maxlen=_NUM_REMEMBERED_STEPS)
    for _ in range(max_steps):
        direction = -_times_inverse_curvature(gradient, memory)
        step, next_value, next_gradient = _line_search(objective, point, value, float(gradient @ direction), direction)
        if step @ (next_gradient - gradient) > 0:
            memory.append((step, next_gradient - gradient))
        gain = value - next_value
        point, value, gradient = point + step, next_value, next_gradient
        if gain <= tolerance * abs(value):
            break
    return point


def _times_inverse_curvature(gradient: Vector, memory: deque[tuple[Vector, Vector]]) -> Vector:
    """The two-loop recursion; without memory a step of length 1."""
    if not memory:
        return gradient / max(float(np.linalg.norm(gradient)), 1e-12)
    product, shares = gradient.copy(), []
    for step, change in reversed(memory):
        share = (step @ product) / (step @ change)
        shares.append(share)
        product -= share * change
    step, change = memory[-1]
    product *= (step @ change) / (change @ change)
    for (step, change), share in zip(memory, reversed(shares), strict=True):
        product += step * (share - (change @ product) / (step @ change))
    return product


def _line_search(
    objective: Objective, point: Vector, value: float, slope: float, direction: Vector
) -> tuple[Vector, float, Vector]:
    length = 1.0
    while True:
        step = length * direction
        next_value, next_gradient = objective(point + step)
        if next_value <= value + _SUFFICIENT_DECREASE * length * slope or length < _SHORTEST_STEP:
            return step, next_value, next_gradient
        length /= 2
