"""Whether a port can be had, and a sentence for the person if not."""

import errno
import socket

from chatapp.launch.errors import ConfigurationError, PortTakenError

CONNECT_TIMEOUT_S = 0.5


def require_free_port(host: str, port: int, *, variable: str) -> None:
    """
    Refuse if something listens on the port already.

    :raises PortTakenError: if so; the text names the port and the variable that changes it.
    :raises ConfigurationError: if this machine has no such address.
    """
    family, address = _resolve(host, port)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As the servers do: a port whose last connections are still closing is not taken.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(address)
        except OSError as error:
            if error.errno == errno.EACCES:
                raise PortTakenError(
                    f"Port {port} needs root. Choose one above 1023: {variable}={port + 8000}."
                ) from error
            if error.errno == errno.EADDRINUSE:
                raise _taken(host, port, variable) from error
            raise ConfigurationError(f"HOST={host} is no address of this machine ({error.strerror}).") from error
    if _answers(family, host, port):  # BSD lets a second socket bind a narrower address of a taken port
        raise _taken(host, port, variable)


def find_free_port(host: str = "127.0.0.1") -> int:
    """A port that was free a moment ago; for tests and private servers."""
    with socket.socket() as probe:
        probe.bind((host, 0))
        port: int = probe.getsockname()[1]
        return port


def _resolve(host: str, port: int) -> tuple[socket.AddressFamily, tuple[str, int] | tuple[str, int, int, int]]:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise ConfigurationError(f"HOST={host} is not known to this machine ({error.strerror}).") from error
    return family, address  # type: ignore[return-value]  # typeshed also allows what only exotic families return


def _answers(family: socket.AddressFamily, host: str, port: int) -> bool:
    target = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 - translated, not bound
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.settimeout(CONNECT_TIMEOUT_S)
        return probe.connect_ex((target, port)) == 0


def _taken(host: str, port: int, variable: str) -> PortTakenError:
    return PortTakenError(
        f"Port {port} on {host} is taken by another program. Stop that program or choose another port: {variable}=…"
    )
