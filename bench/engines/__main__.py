"""
`make bench-engine`: measures, prints, keeps the readings in bench/results/.

ROUNDS, ROWS, SIZES, TOKENS, COMPETITORS and MODEL narrow a run: make bench-engine ROUNDS=1 SIZES="1 4" TOKENS=8
"""

import json
import os
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path

from bench.engines.measuring import Measured, Measuring, say_on_stderr
from bench.engines.settings import ROW_GROUPS, Settings, settings_of
from bench.engines.tables import competitors_list, figures_table, short_answers, targets_table, throughput_table
from bench.engines.targets import TARGETS, Medians, outcome_of
from bench.engines.timelines import median_of
from bench.machine import machine
from chatapp.launch.configuration import CHECKOUT, DEFAULT_MODEL_SLUG
from inference.models.preparing import prepare_model

RESULTS = CHECKOUT / "bench" / "results"


def main() -> int:
    models_dir = Path(os.environ.get("CHATAPP_MODELS_DIR") or CHECKOUT / "var" / "models")
    try:
        settings = settings_of(os.environ, default_model_path=models_dir / DEFAULT_MODEL_SLUG)
    except ValueError as refusal:
        print(refusal, file=sys.stderr)
        return 1
    prepare_model("default", settings.model_path)
    where = machine()
    logs = Path(tempfile.mkdtemp(prefix="bench-engine-"))
    say_on_stderr(f"What the competitors print is kept in {logs}")
    began_s = time.monotonic()
    measured = Measuring(settings, root=CHECKOUT, logs=logs, say=say_on_stderr).run()
    medians = {
        key: {name: median_of(readings) for name, readings in of_row.items()}
        for key, of_row in measured.readings.items()
    }
    report = report_of(settings, measured, medians, where=where, took_s=time.monotonic() - began_s)
    path = _keep(settings, measured, medians, where)
    path.with_suffix(".md").write_text(report)
    print(report)
    print(f"kept in {path.relative_to(CHECKOUT)} and {path.with_suffix('.md').relative_to(CHECKOUT)}")
    return 0


def report_of(
    settings: Settings, measured: Measured, medians: Medians, *, where: dict[str, str | int], took_s: float
) -> str:
    """The run in Markdown, to paste into docs/benchmarks.md."""
    num_rounds = {
        key: {name: len(readings) for name, readings in of_row.items()} for key, of_row in measured.readings.items()
    }
    parts = [
        f"Measured {time.strftime('%Y-%m-%d')} on: " + ", ".join(f"{name} {value}" for name, value in where.items()),
        _what_was_run(settings, took_s),
        throughput_table(medians, titles=measured.titles, num_rounds=num_rounds, full_rounds=settings.rounds),
        targets_table([outcome_of(target, medians) for target in TARGETS]),
        short_answers(medians, num_asked=settings.tokens),
        figures_table(medians, titles=measured.titles),
        competitors_list(measured.settings, measured.missing),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _what_was_run(settings: Settings, took_s: float) -> str:
    return (
        f"{settings.model_path.name}, {settings.tokens} new tokens an answer, medians of {settings.rounds} rounds "
        f"unless the cell says otherwise, {took_s / 60:.0f} minutes. In brackets: our engine over that one."
    )


def _keep(settings: Settings, measured: Measured, medians: Medians, where: dict[str, str | int]) -> Path:
    result = {
        "what": "the engine beside its competitors",
        "machine": where,
        "model": settings.model_path.name,
        "rounds": settings.rounds,
        "new_tokens_per_answer": settings.tokens,
        **asdict(measured),
        "medians": medians,
        "targets": [asdict(outcome_of(target, medians)) for target in TARGETS],
    }
    RESULTS.mkdir(parents=True, exist_ok=True)
    narrowed = "" if settings.rows == ROW_GROUPS else "-" + "-".join(settings.rows)
    path = RESULTS / f"engine-{time.strftime('%Y-%m-%d')}{narrowed}.json"
    path.write_text(json.dumps(result, indent=2, ensure_ascii=False) + "\n")
    return path


if __name__ == "__main__":
    sys.exit(main())
