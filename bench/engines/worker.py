"""
The process of one competitor: `python -m bench.engines.worker MODULE MODEL_FOLDER`.

A job comes in as a line of JSON, its traces go out as a line of JSON. What libraries print goes to stderr.
"""

import importlib
import json
import os
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import TextIO

from bench.engines.protocol import Arrival, Ask, Competitor, CompetitorMissing, Job, Trace, job_of_json


def main() -> None:
    replies = _take_stdout()
    module, model_path = sys.argv[1], Path(sys.argv[2])
    try:
        competitor = importlib.import_module(f"bench.engines.competitors.{module}").load(model_path)
    except CompetitorMissing as missing:
        _reply(replies, {"missing": str(missing)})
        return
    _reply(replies, {"settings": competitor.settings, "figures": getattr(competitor, "load_figures", {})})
    for line in sys.stdin:
        traces = run_job(competitor, job_of_json(json.loads(line)))
        _reply(replies, {"traces": {key: asdict(trace) for key, trace in traces.items()}})
    competitor.close()


def run_job(competitor: Competitor, job: Job) -> dict[str, Trace]:
    """Submit a job's asks and record what arrives until every answer has ended. Returns a trace for each key."""
    began_s = time.monotonic()
    traces: dict[str, Trace] = {}
    joining = job.joining
    joined: str | None = None

    def submit(ask: Ask) -> None:
        traces[ask.key] = Trace(time.monotonic() - began_s, len(ask.token_ids))
        competitor.submit(ask, job.mode)

    for ask in job.asks:
        submit(ask)
    while any(trace.ended_s is None for trace in traces.values()):
        for arrival in competitor.wait():
            _note(traces[arrival.key], arrival, began_s=began_s)
        if joining is not None and all(trace.arrivals_s for trace in traces.values()):
            submit(joining)
            joined, joining = joining.key, None
        elif joined is not None and traces[joined].ended_s is not None:
            joined = None
            for ask in job.asks:
                competitor.cancel(ask.key)
    return traces


def _note(trace: Trace, arrival: Arrival, *, began_s: float) -> None:
    trace.num_tokens += arrival.num_tokens
    trace.text += arrival.text
    if arrival.num_tokens:
        trace.arrivals_s.append(arrival.at_s - began_s)
    if arrival.is_end:
        trace.ended_s = arrival.at_s - began_s


def _take_stdout() -> TextIO:
    """Keep the real stdout for replies and give everybody else stderr."""
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return replies


def _reply(replies: TextIO, values: dict[str, object]) -> None:
    replies.write(json.dumps(values) + "\n")
    replies.flush()


if __name__ == "__main__":
    main()
