"""Speaking with a running supervisord over its socket. Standard library only, so `make stop` needs no environment."""

import http.client
import socket
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatapp.launch.errors import NotRunningError

TIMEOUT_S = 5.0
ALREADY_GONE = 70  # supervisor's fault NOT_RUNNING
GOING_DOWN = 6  # supervisor's fault SHUTDOWN_STATE


@dataclass(frozen=True)
class ProcessState:
    """What supervisord knows of one process. `pid` is 0 while it does not run."""

    name: str
    state: str
    pid: int
    started_at: int

    @property
    def is_ended(self) -> bool:
        return self.pid == 0


class SupervisorControl:
    """A connection to supervisord. Every call raises `NotRunningError` if nobody listens."""

    def __init__(self, socket_path: Path) -> None:
        self._proxy = xmlrpc.client.ServerProxy("http://localhost", transport=_UnixTransport(socket_path))

    def states(self) -> dict[str, ProcessState]:
        """Every process by name."""
        rows = self._call("getAllProcessInfo")
        return {
            row["name"]: ProcessState(name=row["name"], state=row["statename"], pid=row["pid"], started_at=row["start"])
            for row in rows
        }

    def request_stop(self, name: str) -> None:
        """Begin to stop one process; do not wait for it."""
        try:
            self._call("stopProcess", name, False)  # noqa: FBT003 - the protocol's own positional flag: wait
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in {ALREADY_GONE, GOING_DOWN}:
                raise

    def shut_down(self) -> None:
        """Have supervisord end what still runs, then itself. Sooner than by SIGTERM, which it notices once a second."""
        self._call("shutdown")

    def add(self, name: str) -> None:
        """Read the configuration again and start the process that is new in it."""
        self._call("reloadConfig")
        self._call("addProcessGroup", name)

    def _call(self, method: str, *arguments: object) -> Any:
        try:
            return getattr(self._proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException) as error:
            raise NotRunningError("Nothing is running here. Start it with: make run") from error


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=TIMEOUT_S)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(TIMEOUT_S)
        self.sock.connect(str(self._path))


class _UnixTransport(xmlrpc.client.Transport):
    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path

    def make_connection(self, host: object) -> _UnixConnection:  # noqa: ARG002 - the caller's host means nothing here
        return _UnixConnection(self._path)
