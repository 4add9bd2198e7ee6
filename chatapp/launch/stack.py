"""
One running instance: prepared, started under supervisord, watched until healthy, stopped.

`make run` and the end-to-end tests use the same class. Owns the order of these steps and says what happens; the
processes themselves stand in processes.py.
"""

import os
import secrets
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from chatapp.launch.configuration import Configuration, child_environment
from chatapp.launch.errors import AlreadyRunningError, NotRunningError, PreparationError, UnhealthyError
from chatapp.launch.exclusive_file import read_or_create_secret, write_private
from chatapp.launch.health import Health
from chatapp.launch.held import SUFFIX
from chatapp.launch.ports import require_free_port
from chatapp.launch.processes import (
    Process,
    ProcessesOf,
    ProcessName,
    ServedModel,
    product_processes,
    redis_process,
    served_models,
)
from chatapp.launch.redis_server import redis_answers, redis_command
from chatapp.launch.stopping import SUPERVISORD, instance_stop, supervisord_pid
from chatapp.launch.supervisor.configuration import control_socket, supervisor_configuration
from chatapp.launch.supervisor.control import ProcessState, SupervisorControl
from chatapp.private_files import PRIVATE_UMASK, folder_make_private, tree_make_private

# A large model's first load from a slow disk takes minutes; a process that keeps dying ends the wait much earlier.
HEALTHY_LIMIT_S = 900.0
SUPERVISORD_LIMIT_S = 20.0
REDIS_LIMIT_S = 60.0  # a large append-only file is read first
MAX_RESTARTS_WHILE_STARTING = 2
REMIND_EVERY_S = 15.0
POLL_S = 0.1
LOG_TAIL_LINES = 25
SUPERVISORD_COMMAND = (sys.executable, "-m", "supervisor.supervisord")
Report = Callable[[str], None]


class Stack:
    """
    The processes of one instance. Use as a context manager, or call `stop` yourself.

    `report` receives one line for each thing a person may want to know. `processes` says what runs beside Redis.
    """

    def __init__(
        self,
        configuration: Configuration,
        *,
        environ: Mapping[str, str],
        report: Report,
        processes: ProcessesOf = product_processes,
    ) -> None:
        self.configuration = configuration
        self.control = SupervisorControl(control_socket(configuration))
        self._report = report
        self._processes_of = processes
        self._redis = (
            None if configuration.redis_url else redis_command(configuration.redis_dir, configuration.redis_port)
        )
        self.redis_url = configuration.redis_url or (self._redis.url if self._redis else "")
        self.environment = child_environment(environ, configuration=configuration, redis_url=self.redis_url)
        self._health = Health(configuration, redis_url=self.redis_url)
        self._supervisord: subprocess.Popen[bytes] | None = None
        self._names: list[str] = []
        self._num_starts: dict[str, set[int]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def require_startable(self) -> None:
        """
        Refuse before anything is changed.

        :raises AlreadyRunningError: if these data are served already.
        :raises PortTakenError: if a port is not free.
        """
        configuration = self.configuration
        if supervisord_pid(configuration) is not None:
            raise AlreadyRunningError(
                f"This is running already with the data in {configuration.data_dir}: {configuration.address}\n"
                "Stop it with: make stop"
            )
        instance_stop(configuration)  # what a killed supervisord left behind
        require_free_port(configuration.host, configuration.port, variable="PORT")
        if self._redis:
            require_free_port("127.0.0.1", configuration.redis_port, variable="REDIS_PORT")

    def prepare(self) -> list[ServedModel]:
        """
        Folders, secret key, migrations, first admin. Returns the enabled models.

        :raises PreparationError: if a step fails.
        """
        configuration = self.configuration
        for folder in (configuration.run_dir, configuration.logs_dir, configuration.data_dir / "mail"):
            folder_make_private(folder)
        self._require_private()
        read_or_create_secret(configuration.secret_key_file)
        catalog = configuration.run_dir / f"catalog-{secrets.token_hex(4)}.json"
        try:
            self.run_module("chatapp.launch.database", str(catalog))
            return served_models(catalog.read_text())
        finally:
            catalog.unlink(missing_ok=True)

    def run_module(self, *arguments: str) -> None:
        """
        Run `python -m …` with the instance's environment; its output goes where ours goes.

        :raises PreparationError: if it fails.
        """
        finished = subprocess.run(
            [sys.executable, "-m", *arguments],
            cwd=self.configuration.root,
            env=self.environment,
            umask=PRIVATE_UMASK,
            check=False,
        )
        if finished.returncode != 0:
            raise PreparationError(f"{arguments[0]} failed; what it said stands above.")

    def start(self, models: list[ServedModel]) -> None:
        """
        Start supervisord and through it every process; do not wait for their health.

        :raises UnhealthyError: if supervisord does not start.
        """
        self._names, conf = self._write_configuration(models)
        mark = self.configuration.run_dir / f"{SUPERVISORD}{SUFFIX}"
        log = self.configuration.logs_dir / "supervisord-start.log"
        write_private(log, "")
        with log.open("wb") as output:
            self._supervisord = subprocess.Popen(
                [sys.executable, "-m", "chatapp.launch.held", str(mark), *SUPERVISORD_COMMAND, "-c", str(conf)],
                cwd=self.configuration.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # a Ctrl-C reaches the launcher alone, which knows the order of stopping
            )
        self._wait_for_supervisord()
        self._forget_earlier_signs(models)

    def add_process(self, process: Process, *, models: list[ServedModel]) -> None:
        """
        Start a process that came to the running instance's models, and wait until it is healthy.

        :raises NotRunningError: if the instance does not run.
        :raises UnhealthyError: if the process does not become healthy.
        """
        self._write_configuration(models)
        if process.name not in self.states():
            self.control.add(process.name)
        self._names = [process.name]
        self.wait_healthy()

    def wait_healthy(self, *, limit_s: float = HEALTHY_LIMIT_S) -> None:
        """
        Return when every process is healthy, reporting each as it becomes so.

        :raises UnhealthyError: if one keeps dying or the limit is over; the text ends with the end of its log.
        """
        began = time.monotonic()
        reminded = began
        waiting = list(self._names)
        while waiting:
            states = self.states()
            for name in [name for name in waiting if self._health.is_healthy(name, states=states)]:
                waiting.remove(name)
                self._report(f"  {name} is ready ({time.monotonic() - began:.1f} s)")
            self._require_alive(waiting, states)
            if waiting and time.monotonic() - began > limit_s:
                raise UnhealthyError(
                    f"Not healthy after {limit_s:.0f} s: {', '.join(waiting)}.{self._log_end(waiting[0])}"
                )
            if waiting and time.monotonic() - reminded > REMIND_EVERY_S:
                reminded = time.monotonic()
                self._report(f"  still waiting for {', '.join(waiting)} (make logs shows what they do)")
            time.sleep(POLL_S)

    def states(self) -> dict[str, ProcessState]:
        """What supervisord knows of each process, by name."""
        return self.control.states()

    def pid(self, name: str) -> int:
        """The process id of a running process; 0 while it does not run."""
        return self.states()[name].pid

    def is_healthy(self, name: str) -> bool:
        """Whether a process runs and answers."""
        return self._health.is_healthy(name, states=self.states())

    def wait_until_ended(self) -> int:
        """Wait for supervisord to end, by whosever will; returns its exit status."""
        if self._supervisord is None:
            raise NotRunningError("start() has not been called")
        return self._supervisord.wait()

    @property
    def is_supervised(self) -> bool:
        """Whether our supervisord lives."""
        return self._supervisord is not None and self._supervisord.poll() is None

    def stop(self) -> None:
        """End everything: web and workers, then Redis. Harmless if nothing runs."""
        instance_stop(self.configuration)
        self._health.close()
        if self._supervisord is not None:
            self._supervisord.wait()

    def _require_private(self) -> None:
        """What an earlier version, a backup or a careless copy left readable becomes its owner's alone again."""
        try:
            tree_make_private(self.configuration.data_dir)
        except OSError as error:
            raise PreparationError(
                f"{error.filename} cannot be made private: {error.strerror}. "
                f"Everything in {self.configuration.data_dir} must belong to the user who starts this."
            ) from error

    def _write_configuration(self, models: list[ServedModel]) -> tuple[list[str], Path]:
        """Write supervisord's file. Returns the names of its processes, and where it is."""
        processes = [redis_process(self._redis.arguments)] if self._redis else []
        processes += self._processes_of(self.configuration, models=models)
        path = self.configuration.run_dir / "supervisord.conf"
        write_private(path, supervisor_configuration(self.configuration, processes))
        return [process.name for process in processes], path

    def _wait_for_supervisord(self) -> None:
        deadline = time.monotonic() + SUPERVISORD_LIMIT_S
        while True:
            try:
                self.states()
            except NotRunningError:
                if not self.is_supervised or time.monotonic() > deadline:
                    raise UnhealthyError(f"supervisord did not start.{self._log_end('supervisord-start')}") from None
                time.sleep(POLL_S)
            else:
                return

    def _forget_earlier_signs(self, models: list[ServedModel]) -> None:
        """As soon as the embedded Redis has loaded its data, and long before a worker of this run can have signed."""
        if self._redis is None:
            return
        deadline = time.monotonic() + REDIS_LIMIT_S
        while not redis_answers(port=self._redis.port, password=self._redis.password):
            if time.monotonic() > deadline:
                raise UnhealthyError(f"Redis does not answer.{self._log_end(ProcessName.REDIS)}")
            time.sleep(POLL_S)
        self._health.forget_signs(model.slug for model in models)

    def _require_alive(self, names: list[str], states: Mapping[str, ProcessState]) -> None:
        """Refuse to wait for a process that died again and again."""
        for name in names:
            pids = self._num_starts.setdefault(name, set())
            pids.add(states[name].pid)
            if states[name].state == "FATAL" or len(pids - {0}) > MAX_RESTARTS_WHILE_STARTING:
                raise UnhealthyError(f"{name} keeps dying.{self._log_end(name)}")

    def _log_end(self, name: str) -> str:
        log = self.configuration.logs_dir / f"{name}.log"
        lines = log.read_text(errors="replace").splitlines()[-LOG_TAIL_LINES:] if log.is_file() else []
        return f" The end of {os.path.relpath(log)}:\n" + "\n".join(lines)
