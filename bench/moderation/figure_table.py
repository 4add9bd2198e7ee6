"""One measured figure, what is asked of it, and the table of many. Pure."""

import statistics
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from bench.engines.tables import markdown_table, number

_VERDICTS = {True: "reached", False: "**missed**", None: ""}


class Figure(NamedTuple):
    """readings: one a run; their median counts. at_least, at_most: what is asked, if anything is."""

    name: str
    unit: str
    readings: tuple[float, ...]
    at_least: float | None = None
    at_most: float | None = None

    @property
    def value(self) -> float:
        return statistics.median(self.readings)

    @property
    def is_reached(self) -> bool | None:
        """None where nothing is asked."""
        if self.at_least is not None:
            return self.value >= self.at_least
        return None if self.at_most is None else self.value <= self.at_most


def one(name: str, value: float, unit: str = "", **asked: float | None) -> Figure:
    """A figure that chance and the machine cannot change, or that takes too long to take twice."""
    return Figure(name, unit, (value,), **asked)


def figures_table(figures: Iterable[Figure]) -> str:
    return markdown_table(["", "asked", "measured", ""], map(_row, figures))


def missed(figures: Iterable[Figure]) -> list[str]:
    return [figure.name for figure in figures if figure.is_reached is False]


def percentile(values: Sequence[float], share: float) -> float:
    """values: sorted, not empty."""
    return values[min(len(values) - 1, int(len(values) * share))]


def _row(figure: Figure) -> list[str]:
    measured = f"{_shown(figure.value)} {figure.unit}".strip()
    if len(figure.readings) > 1:
        measured += f" ({_shown(min(figure.readings))} to {_shown(max(figure.readings))})"
    return [figure.name, _asked(figure), measured, _VERDICTS[figure.is_reached]]


def _asked(figure: Figure) -> str:
    for sign, bound in (("≥", figure.at_least), ("≤", figure.at_most)):
        if bound is not None:
            return f"{sign} {_shown(bound)} {figure.unit}".strip()
    return ""


def _shown(value: float) -> str:
    return "0" if value == 0 else number(value)
