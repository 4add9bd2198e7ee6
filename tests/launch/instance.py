"""One running instance for the tests of this folder, and what they ask of it."""

import contextlib
import http.client
import os
import signal
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from chatapp.launch.configuration import CHECKOUT, MAKE_VARIABLES, Configuration, configuration_from_environment
from chatapp.launch.held import holders_in
from chatapp.launch.ports import find_free_port
from tests.support.suite import MODELS_DIR, OWN_VARIABLES
from tests.support.waiting import wait_until

MARK_VARIABLE = "CHATAPP_TEST_MARK"
READY_LIMIT_S = 300.0
# The promise of `make run`: Ctrl-C ends everything within this time.
STOP_LIMIT_S = 10.0
# A port of this machine where nobody answers: whatever asks a registry fails at once.
NO_NETWORK = {
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
    "PIP_NO_INDEX": "1",
    "npm_config_registry": "http://127.0.0.1:9/",
    "HF_HUB_OFFLINE": "1",
    "HTTP_PROXY": "http://127.0.0.1:9",
    "HTTPS_PROXY": "http://127.0.0.1:9",
}


def instance_environment(data_dir: Path, **variables: str) -> dict[str, str]:
    """The environment of an instance of its own: free ports, its data, the shared model, a mark to find it by."""
    kept_out = (*OWN_VARIABLES, *MAKE_VARIABLES)
    inherited = {name: value for name, value in os.environ.items() if name not in kept_out}
    own = {
        "CHATAPP_DATA_DIR": str(data_dir),
        "CHATAPP_MODELS_DIR": str(MODELS_DIR),
        "PORT": str(find_free_port()),
        "REDIS_PORT": str(find_free_port()),
        MARK_VARIABLE: uuid.uuid4().hex,
    }
    return inherited | own | variables


def marked_processes(mark: str) -> list[psutil.Process]:
    """Every living process that was started with the mark, by whomever and in whatever session."""
    found = []
    for process in psutil.process_iter():
        # A zombie is dead: only its parent, which may not be ours, has not asked yet.
        with contextlib.suppress(psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess):
            if process.environ().get(MARK_VARIABLE) == mark and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


@dataclass
class MakeRun:
    """`make run`, as a person starts it: in a terminal's foreground process group."""

    process: subprocess.Popen[bytes]
    environment: dict[str, str]
    output_path: Path

    @property
    def configuration(self) -> Configuration:
        return configuration_from_environment(self.environment)

    @property
    def output(self) -> str:
        return self.output_path.read_text()

    def holders(self) -> dict[str, int]:
        """The process ids of the launcher, supervisord and what it keeps, by name."""
        return dict(holders_in(self.configuration.run_dir))

    def wait_started(self) -> None:
        """Until supervisord, Redis and the web live; the model is still being loaded then."""
        expected = {"launcher", "supervisord", "redis", "web"}
        wait_until(lambda: expected <= set(self.holders()), limit_s=READY_LIMIT_S, what="the start")

    def wait_ready(self) -> None:
        """:raises TimeoutError: if it does not say that it is ready; its output is in the error."""
        try:
            wait_until(lambda: "Ready after" in self.output or self.process.poll() is not None, limit_s=READY_LIMIT_S)
        finally:
            assert "Ready after" in self.output, self.output

    def press_ctrl_c(self) -> None:
        os.killpg(self.process.pid, signal.SIGINT)

    def living(self) -> list[psutil.Process]:
        return marked_processes(self.environment[MARK_VARIABLE])


@contextlib.contextmanager
def make_run(folder: Path, **variables: str) -> Iterator[MakeRun]:
    """Start `make run` without a network; end it with everything it started, whatever the test did."""
    environment = instance_environment(folder / "data", **NO_NETWORK, **variables)
    output = folder / "output"
    with output.open("wb") as file:
        process = subprocess.Popen(
            ["make", "run"],
            cwd=CHECKOUT,
            env=environment,
            stdout=file,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    running = MakeRun(process=process, environment=environment, output_path=output)
    try:
        yield running
    finally:
        for left in running.living():
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        process.wait()


def run_make(target: str, environment: dict[str, str], *, limit_s: float = 60.0) -> subprocess.CompletedProcess[str]:
    """Run another command of the Makefile to its end."""
    return subprocess.run(
        ["make", target], cwd=CHECKOUT, env=environment, capture_output=True, text=True, timeout=limit_s, check=False
    )


def http_status(port: int, path: str, *, host: str) -> int:
    """What the web server on the loopback answers to a request for `host`."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", path, headers={"Host": host})
        return connection.getresponse().status
