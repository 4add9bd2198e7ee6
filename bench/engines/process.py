"""The driver's end of a competitor's process. Knows pipes and time limits, no figures."""

import json
import os
import select
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from bench.engines.protocol import CompetitorMissing, Job, Trace, job_to_json

START_LIMIT_S = 180.0
JOB_LIMIT_S = 600.0
STOP_LIMIT_S = 20.0


class CompetitorFailed(Exception):
    """A competitor's process died or said nothing within the limit; its log says why."""


@dataclass(frozen=True, slots=True)
class Ready:
    """What a process said once it was loaded. start_to_ready_s: from its start to that, imports included."""

    settings: str
    start_to_ready_s: float
    figures: dict[str, float]


class CompetitorProcess:
    """One competitor, loaded once. What it prints is kept in `log`."""

    def __init__(self, module: str, *, model_path: Path, log: Path, root: Path) -> None:
        """
        :raises CompetitorMissing: if it says that it cannot run here.
        :raises CompetitorFailed: if it dies instead.
        """
        began_s = time.monotonic()
        self._log_path = log
        with log.open("w") as errors:
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bench.engines.worker", module, str(model_path)],
                cwd=root,
                env={
                    **os.environ,
                    "HF_HUB_OFFLINE": "1",
                    "TOKENIZERS_PARALLELISM": "false",
                    "TRANSFORMERS_VERBOSITY": "error",
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        try:
            reply = self._read(START_LIMIT_S)
        except CompetitorFailed:
            self.close()
            raise
        if "missing" in reply:
            self.close()
            raise CompetitorMissing(reply["missing"])
        self.ready = Ready(reply["settings"], time.monotonic() - began_s, reply["figures"])

    def run(self, job: Job) -> dict[str, Trace]:
        """:raises CompetitorFailed: if the process dies over it."""
        try:
            _pipe(self._process.stdin).write(json.dumps(job_to_json(job)).encode() + b"\n")
            _pipe(self._process.stdin).flush()
        except BrokenPipeError as failure:
            raise CompetitorFailed(f"the process ended; see {self._log_path}") from failure
        return {key: Trace(**trace) for key, trace in self._read(JOB_LIMIT_S)["traces"].items()}

    def close(self) -> None:
        _pipe(self._process.stdin).close()
        try:
            self._process.wait(timeout=STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _pipe(self._process.stdout).close()

    def _read(self, limit_s: float) -> dict[str, Any]:
        output = _pipe(self._process.stdout)
        # One line answers one line, so nothing is ever left in the buffer behind select's back.
        line = output.readline() if select.select([output], [], [], limit_s)[0] else b""
        if not line:
            raise CompetitorFailed(f"the process ended or said nothing for {limit_s:.0f} s; see {self._log_path}")
        reply: dict[str, Any] = json.loads(line)
        return reply


def _pipe(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise CompetitorFailed("the process has no pipe")
    return stream
