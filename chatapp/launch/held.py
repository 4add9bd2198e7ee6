"""
Marks of life that cannot lie: a file locked by the process that it names for as long as that process lives.

`python -m chatapp.launch.held FILE COMMAND …` locks FILE, writes its own process id into it and becomes COMMAND, which
inherits the lock and makes files for its owner alone. A process id alone may be reused by a stranger after a kill -9; a
lock that is held cannot.
"""

import fcntl
import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from chatapp.private_files import files_keep_private

SUFFIX = ".alive"
EVICTION_LIMIT_S = 5.0
POLL_S = 0.05


def hold(path: Path) -> int:
    """
    Take the lock for the life of this process. Returns the descriptor that carries it.

    :raises BlockingIOError: if another process has it.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            break
        except BlockingIOError:
            if holder_of(path) is not None:
                os.close(descriptor)
                raise
            time.sleep(POLL_S)  # someone looked who holds it, for an instant
    os.ftruncate(descriptor, 0)
    os.write(descriptor, f"{os.getpid()}\n".encode())
    return descriptor


def hold_in_place_of_the_dead(path: Path) -> int:
    """
    Take the lock from what an earlier process of this name left behind.

    A worker killed with -9 may leave a child that inherited its lock; that child works for nobody and is ended.
    """
    deadline = time.monotonic() + EVICTION_LIMIT_S
    while True:
        try:
            return hold(path)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise
            pid = holder_of(path)
            if pid is not None:
                signal_group(pid, signal.SIGKILL)
            time.sleep(POLL_S)


def holder_of(path: Path) -> int | None:
    """The id of the living process that holds the file, or None."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        # Shared: those who only look must not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        text = os.read(descriptor, 32).decode().strip()
        return int(text) if text else None
    finally:
        os.close(descriptor)
    return None


def holders_in(directory: Path) -> Iterator[tuple[str, int]]:
    """Name and process id of every living holder of a file in the folder."""
    for path in sorted(directory.glob(f"*{SUFFIX}")):
        pid = holder_of(path)
        if pid is not None:
            yield path.name.removesuffix(SUFFIX), pid


def signal_group(pid: int, number: signal.Signals) -> None:
    """Signal the process group that `pid` leads, or `pid` alone if it leads none. A dead one is no error."""
    try:
        os.killpg(pid, number)
    except (ProcessLookupError, PermissionError):
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            return


def main() -> None:
    """Hold the file named first and become the command that follows."""
    files_keep_private()
    path, command = Path(sys.argv[1]), sys.argv[2:]
    os.set_inheritable(hold_in_place_of_the_dead(path), True)  # noqa: FBT003 - the signature is os's
    os.execvp(command[0], command)  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    main()
