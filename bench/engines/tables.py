"""Markdown tables of a run, to paste into docs/benchmarks.md. Pure."""

from collections.abc import Iterable, Mapping, Sequence

from bench.engines.settings import BARE_LOOP, CONTINUOUS, ENGINE, GENERATE, LLAMA, SERVE, SERVE_CONTINUOUS
from bench.engines.targets import Medians, Outcome, figure_of, quotient

NAMES = {
    ENGINE: "our engine",
    BARE_LOOP: "its bare loop",
    GENERATE: "`model.generate`, one at a time",
    CONTINUOUS: "transformers continuous batching",
    SERVE: "`transformers serve`",
    SERVE_CONTINUOUS: "`transformers serve --continuous-batching`",
    LLAMA: "llama.cpp",
}
_NOTHING = "–"


def markdown_table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def throughput_table(
    medians: Medians, *, titles: Mapping[str, str], num_rounds: Mapping[str, Mapping[str, int]], full_rounds: int
) -> str:
    """
    Each row's tokens/s (prompt tokens/s where a prompt is the row), a column for each competitor that ran.

    In brackets: our engine over it, and the number of rounds where it is not `full_rounds`.
    """
    keys = sorted((key for key in titles if key not in {"load", "turns"}), key=lambda key: "decode/" not in key)
    present = [name for name in NAMES if any(name in medians[key] for key in keys)]
    rows = [
        [titles[key], *(_throughput(medians, key, name, num_rounds[key].get(name, 0), full_rounds) for name in present)]
        for key in keys
    ]
    return markdown_table(["tokens/s", *(NAMES[name] for name in present)], rows)


def _throughput(medians: Medians, key: str, name: str, num_rounds: int, full_rounds: int) -> str:
    figure = "tokens_per_s" if key.startswith("decode/") else "prefill_tokens_per_s"
    value = figure_of(medians, key, name, figure)
    if value is None:
        return _NOTHING
    notes = []
    ratio = quotient(figure_of(medians, key, ENGINE, figure), value)
    if name != ENGINE and ratio is not None:
        notes.append(f"×{ratio:.2f}")
    if num_rounds != full_rounds:
        notes.append(f"{num_rounds} round{'s' if num_rounds > 1 else ''}")
    return number(value) + (f" ({', '.join(notes)})" if notes else "")


def figures_table(medians: Medians, *, titles: Mapping[str, str]) -> str:
    """Every other figure: first tokens, gaps, loading."""
    rows = [
        [titles[key], NAMES.get(name, name), figure.replace("_", " "), number(value)]
        for key, of_row in medians.items()
        for name, figures in of_row.items()
        for figure, value in figures.items()
        if not figure.endswith(("tokens_per_s", "tokens_per_answer"))
    ]
    return markdown_table(["row", "who", "figure", "median"], rows)


def targets_table(outcomes: Sequence[Outcome]) -> str:
    rows = [
        [
            outcome.what,
            outcome.asked,
            _NOTHING if outcome.reached is None else number(outcome.reached),
            _NOTHING if outcome.ratio is None else f"{outcome.ratio:.2f}",
            {True: "reached", False: "**missed**", None: "not measured"}[outcome.is_reached],
        ]
        for outcome in outcomes
    ]
    return markdown_table(["", "asked", "reached", "reached / asked", ""], rows)


def short_answers(medians: Medians, *, num_asked: int) -> str:
    """Say whose answers ended before their length, "" if none did: their tokens/s are of fewer tokens."""
    named = [
        f"{NAMES[name]} at {key}: {figures['tokens_per_answer']:g}"
        for key, of_row in medians.items()
        for name, figures in of_row.items()
        if figures.get("tokens_per_answer", num_asked) != num_asked
    ]
    return f"Fewer than {num_asked} tokens an answer: {'; '.join(named)}." if named else ""


def competitors_list(settings: Mapping[str, str], missing: Mapping[str, str]) -> str:
    """What each was given, and who is left out and why."""
    given = [f"- {NAMES[name]}: {text}." for name, text in settings.items()]
    return "\n".join([*given, *(f"- {NAMES.get(name, name)}: not measured: {why}." for name, why in missing.items())])


def number(value: float) -> str:
    """Three significant digits, whole from a hundred on, with separators."""
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"  # noqa: PLR2004
