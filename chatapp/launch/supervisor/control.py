"""Speaking with a running supervisord over its socket. Standard library only, so `make stop` needs no environment."""

import http.client
import socket
import xmlrpc.client
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatapp.launch.errors import NotRunningError

TIMEOUT_S = 5.0
# Faults of supervisor's that mean: it does not run, or will not for long.
HARMLESS_FAULTS = {6, 10, 70}  # SHUTDOWN_STATE, BAD_NAME, NOT_RUNNING


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
    """The calls to one supervisord. Each raises `NotRunningError` if nobody listens."""

    def __init__(self, socket_path: Path) -> None:
        self._socket_path = socket_path

    def states(self) -> dict[str, ProcessState]:
        """Every process by name."""
        rows = self._call("getAllProcessInfo")
        return {
            row["name"]: ProcessState(name=row["name"], state=row["statename"], pid=row["pid"], started_at=row["start"])
            for row in rows
        }

    def request_stop(self, name: str) -> None:
        """Begin to stop one process; do not wait for it. One that is stopped already, or unknown, is no error."""
        try:
            self._call("stopProcess", str(name), False)  # noqa: FBT003 - the protocol's own positional flag: wait
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in HARMLESS_FAULTS:
                raise

    def request_start(self, name: str) -> None:
        """Begin to start a process that was stopped; do not wait for it."""
        self._call("startProcess", str(name), False)  # noqa: FBT003 - the protocol's own positional flag: wait

    def shut_down(self) -> None:
        """Have supervisord end what still runs, then itself. Sooner than by SIGTERM, which it notices once a second."""
        self._call("shutdown")

    def add(self, name: str) -> None:
        """Read the configuration again and start the process that is new in it."""
        self._call("reloadConfig")
        self._call("addProcessGroup", name)

    def _call(self, method: str, *arguments: object) -> Any:
        transport = _UnixTransport(self._socket_path)
        try:
            with xmlrpc.client.ServerProxy("http://localhost", transport=transport) as proxy:
                return getattr(proxy.supervisor, method)(*arguments)
        except (OSError, http.client.HTTPException, xmlrpc.client.ProtocolError) as error:
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

    def make_connection(self, host: tuple[str, dict[str, str]] | str) -> _UnixConnection:
        connection = _UnixConnection(self._path)
        self._connection = (host, connection)  # what Transport.close() closes
        return connection
