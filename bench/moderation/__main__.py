"""
`make bench-moderation DATA=folder`: measures, prints, keeps the readings in bench/results/.

SECTIONS and STREAMS narrow a run: make bench-moderation DATA=… SECTIONS="speed leaks" STREAMS=1000
"""

import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from subprocess import CalledProcessError
from typing import NamedTuple

from bench.machine import machine
from bench.moderation.figure_table import Figure, figures_table, missed
from bench.moderation.rows import SECTIONS
from chatapp.core.errors import DomainError
from chatapp.launch.configuration import CHECKOUT

RESULTS = CHECKOUT / "bench" / "results"
NUM_STREAMS = 100_000


class SettingsInvalid(ValueError):
    """What was asked cannot be measured; says why."""


class Settings(NamedTuple):
    data: Path
    sections: tuple[str, ...]
    num_streams: int


def settings_of(environment: Mapping[str, str]) -> Settings:
    """:raises SettingsInvalid: without a folder of data, or for what is no section or number."""
    data = Path(environment.get("DATA") or "")
    if not environment.get("DATA") or not data.is_dir():
        raise SettingsInvalid(
            "Say where the labelled sets and word lists are, for example: make bench-moderation DATA=~/word-lists. "
            "docs/benchmarks.md lists them; none is part of this repository."
        )
    sections = tuple((environment.get("SECTIONS") or " ".join(SECTIONS)).split())
    if unknown := set(sections) - set(SECTIONS):
        raise SettingsInvalid(f"No section is called {min(unknown)!r}; there are: {', '.join(SECTIONS)}.")
    streams = environment.get("STREAMS") or str(NUM_STREAMS)
    if not streams.isdecimal() or not int(streams):
        raise SettingsInvalid(f"STREAMS is a number of streams, not {streams!r}.")
    return Settings(data, sections, int(streams))


def main() -> int:
    try:
        settings = settings_of(os.environ)
    except SettingsInvalid as refusal:
        print(refusal, file=sys.stderr)
        return 1
    where, began_s = machine(), time.monotonic()
    measured, left_out = _measure(settings)
    report = report_of(settings, measured, left_out, where=where, took_s=time.monotonic() - began_s)
    path = _keep(settings, measured, left_out, where)
    path.with_suffix(".md").write_text(report)
    print(report)
    print(f"kept in {path.relative_to(CHECKOUT)} and {path.with_suffix('.md').relative_to(CHECKOUT)}")
    return 0


def _measure(settings: Settings) -> tuple[dict[str, list[Figure]], dict[str, str]]:
    """Figures by section, and why a section was left out: what fails leaves out itself alone."""
    measured: dict[str, list[Figure]] = {}
    left_out: dict[str, str] = {}
    for name in settings.sections:
        print(f"{name} …", file=sys.stderr, flush=True)
        try:
            measured[name] = SECTIONS[name](settings.data, settings.num_streams)
        except (OSError, DomainError, CalledProcessError) as error:  # what the others measured is kept
            left_out[name] = str(error)
    return measured, left_out


def report_of(
    settings: Settings,
    measured: Mapping[str, Sequence[Figure]],
    left_out: Mapping[str, str],
    *,
    where: Mapping[str, str | int],
    took_s: float,
) -> str:
    """The run in Markdown, to paste into docs/benchmarks.md."""
    what = "Medians; the range of the runs in brackets where there were several. "
    parts = [
        f"Measured {time.strftime('%Y-%m-%d')} on: " + ", ".join(f"{name} {value}" for name, value in where.items()),
        f"{what}{settings.num_streams:,} random streams. Took {took_s / 60:.1f} minutes.",
    ]
    for name, figures in measured.items():
        parts += [f"### {name}", figures_table(figures)]
    parts += [f"Left out: {name}: {why}" for name, why in left_out.items()]
    behind = [name for figures in measured.values() for name in missed(figures)]
    parts.append("Missed: " + "; ".join(behind) + "." if behind else "All that is asked was reached.")
    return "\n\n".join(parts) + "\n"


def _keep(
    settings: Settings,
    measured: Mapping[str, Sequence[Figure]],
    left_out: Mapping[str, str],
    where: Mapping[str, str | int],
) -> Path:
    result = {
        "what": "the moderation layer",
        "machine": where,
        "streams": settings.num_streams,
        "figures": {
            name: [{**figure._asdict(), "median": figure.value, "reached": figure.is_reached} for figure in figures]
            for name, figures in measured.items()
        },
        "left_out": left_out,
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    narrowed = "" if settings.sections == tuple(SECTIONS) else "-" + "-".join(settings.sections)
    path = RESULTS / f"moderation-{time.strftime('%Y-%m-%d')}{narrowed}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
