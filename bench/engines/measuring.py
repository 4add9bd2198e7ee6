"""
One run: starts every competitor, repeats every row, keeps every reading.

Owns order and number of rounds: within a row the rounds of all competitors are interleaved, and each round begins with
another one, so that noise of the machine hits all alike. One is measured at a time; the others sleep.
"""

import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from bench.engines.process import CompetitorFailed, CompetitorProcess
from bench.engines.prompts import PromptWriter
from bench.engines.protocol import CompetitorMissing, Job, Mode
from bench.engines.rows import COLD, Figures, Row, measure_turns, rows_of
from bench.engines.settings import ENGINE, MODULES, Settings

# A competitor that is slow at a row gets fewer rounds there, never fewer than three of them.
ROW_BUDGET_S = 75.0
MIN_ROUNDS = 3
# After that, who was not measured at a row yet is measured once; the rows of most streams come last for it.
RUN_LIMIT_S = 22 * 60.0
# OpenMP's threads spin for a while after their last work; libgomp and libiomp give up within 0.2 s.
SETTLE_S = 0.3
_WARM_STREAMS, _WARM_TOKENS = 2, 4
_T = TypeVar("_T")


@dataclass(slots=True)
class Measured:
    """Everything a run found. readings: row key → competitor → figures of each round."""

    settings: dict[str, str] = field(default_factory=dict)
    start_to_ready_s: dict[str, float] = field(default_factory=dict)
    missing: dict[str, str] = field(default_factory=dict)
    titles: dict[str, str] = field(default_factory=dict)
    readings: dict[str, dict[str, list[Figures]]] = field(default_factory=dict)


class Measuring:
    def __init__(self, settings: Settings, *, root: Path, logs: Path, say: Callable[[str], None]) -> None:
        self._settings = settings
        self._root = root
        self._logs = logs
        self._say = say
        self._writer = PromptWriter(settings.model_path)
        self._running: dict[str, CompetitorProcess] = {}
        self._num_started = 0
        self._ends_at_s = time.monotonic() + RUN_LIMIT_S
        self.measured = Measured()

    def run(self) -> Measured:
        with ExitStack() as stack:
            if ENGINE in self._settings.competitors and "load" in self._settings.rows:
                self._measure_loading()
            for name in self._settings.competitors:
                self._start(name, stack)
            if ENGINE in self._running and "turns" in self._settings.rows:
                self._measure_turns(stack)
            for row in rows_of(self._settings, self._writer):
                if row.key.partition("/")[0] in self._settings.rows:
                    self._measure_row(row)
        return self.measured

    def _measure_loading(self) -> None:
        """Start our engine as often as there are rounds, with the files in the system's cache and nobody else here."""
        for number in range(1, self._settings.rounds + 1):
            try:
                process = self._open(ENGINE)
            except (CompetitorFailed, CompetitorMissing) as failure:
                self._say(f"loading: {failure}")
                return
            process.close()
            figures = {**process.ready.figures, "start_to_ready_s": process.ready.start_to_ready_s}
            self._keep("load", "loading, default model converted and cached by the system", ENGINE, figures, number)

    def _start(self, name: str, stack: ExitStack) -> None:
        try:
            process = self._open(name)
            stack.callback(process.close)
            for mode in Mode:
                asks = [
                    self._writer.question(salt=f"warm-{mode}-{place}", num_new_tokens=_WARM_TOKENS)
                    for place in range(_WARM_STREAMS)
                ]
                process.run(Job(mode, tuple(asks)))
        except (CompetitorFailed, CompetitorMissing) as failure:
            self.measured.missing[name] = str(failure)
            self._say(f"{name}: left out, {failure}")
            return
        self._running[name] = process
        self.measured.settings[name] = process.ready.settings
        self.measured.start_to_ready_s[name] = process.ready.start_to_ready_s
        self._say(f"{name}: ready after {process.ready.start_to_ready_s:.1f} s; {process.ready.settings}")

    def _open(self, name: str) -> CompetitorProcess:
        self._num_started += 1
        log = self._logs / f"{self._num_started:02}-{name}.log"
        time.sleep(SETTLE_S)
        return CompetitorProcess(MODULES[name], model_path=self._settings.model_path, log=log, root=self._root)

    def _measure_row(self, row: Row) -> None:
        spent_s = dict.fromkeys((name for name in row.competitors if name in self._running), 0.0)
        for number in range(1, self._settings.rounds + 1):
            for name in rotated(list(spent_s), by=number):
                began_s = time.monotonic()
                left_s = self._ends_at_s - began_s
                if name not in self._running or not has_time(spent_s[name], num_done=number - 1, left_s=left_s):
                    continue
                try:
                    figures = row.measure(self._running[name], number)
                except (CompetitorFailed, ValueError) as failure:
                    self._drop(name, f"{row.title}: {failure}", is_dead=isinstance(failure, CompetitorFailed))
                    continue
                spent_s[name] += time.monotonic() - began_s
                self._keep(row.key, row.title, name, figures, number)
                time.sleep(SETTLE_S)

    def _measure_turns(self, stack: ExitStack) -> None:
        title = "first token at turn 20 and turn 1"
        try:
            cold = self._open(ENGINE)
            stack.callback(cold.close)
            for number in range(1, self._settings.rounds + 1):
                figures = measure_turns(self._writer, self._running[ENGINE], cold, number)
                self._keep("turns", title, ENGINE, figures, number)
        except (CompetitorFailed, CompetitorMissing, ValueError) as failure:
            self._drop(COLD, f"{title}: {failure}", is_dead=False)

    def _drop(self, name: str, why: str, *, is_dead: bool) -> None:
        self.measured.missing[name] = why
        self._say(f"{name}: {why}")
        if is_dead:
            del self._running[name]

    def _keep(self, key: str, title: str, name: str, figures: Figures, number: int) -> None:
        self.measured.titles[key] = title
        self.measured.readings.setdefault(key, {}).setdefault(name, []).append(figures)
        shown = ", ".join(f"{figure} {value:.4g}" for figure, value in figures.items())
        self._say(f"{title}, round {number}, {name}: {shown}")


def has_time(spent_s: float, *, num_done: int, left_s: float) -> bool:
    """
    Whether another round of the same length fits the row's budget, or too few are done.

    left_s: of the whole run; without any, one round has to do.
    """
    if left_s <= 0:
        return num_done == 0
    if num_done < MIN_ROUNDS:
        return True
    return spent_s * (num_done + 1) / num_done <= ROW_BUDGET_S


def rotated(values: Sequence[_T], *, by: int) -> list[_T]:
    """Return the values in order from another beginning."""
    return [*values[by % len(values) :], *values[: by % len(values)]] if values else []


def say_on_stderr(text: str) -> None:
    print(text, file=sys.stderr, flush=True)
