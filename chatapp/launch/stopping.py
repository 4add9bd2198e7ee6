"""
Ending an instance: web and workers together, then Redis, whatever state it is in.

Works from the marks of life in the data folder, so it also ends what a killed supervisord left behind. Standard
library only. As a command: `make stop`.
"""

import contextlib
import os
import signal
import sys
import time
from collections.abc import Callable, Mapping, Set

from chatapp.launch.configuration import Configuration, configuration_from_environment
from chatapp.launch.errors import LaunchError, NotRunningError
from chatapp.launch.held import SUFFIX, holder_of, holders_in, signal_group
from chatapp.launch.processes import PRODUCT_STOP_S, REDIS_STOP_S, ProcessName
from chatapp.launch.supervisor.configuration import control_socket
from chatapp.launch.supervisor.control import SupervisorControl

SUPERVISORD = "supervisord"
LAUNCHER = "launcher"
# Ctrl-C promises an end within 10 s. The worst case: 4.5 + 1 for the product, 1.5 + 1 for Redis, 1 + 1 for the rest.
PRODUCT_LIMIT_S = PRODUCT_STOP_S + 0.5
REDIS_LIMIT_S = REDIS_STOP_S + 0.5
SUPERVISORD_LIMIT_S = 1.0
# A killed process of some gigabytes is not gone at once, and Redis must outlive it.
KILL_LIMIT_S = 1.0
POLL_S = 0.05


def supervisord_pid(configuration: Configuration) -> int | None:
    return holder_of(configuration.run_dir / f"{SUPERVISORD}{SUFFIX}")


def instance_stop(configuration: Configuration) -> bool:
    """End every process of the instance but its launcher, which ends by itself. False if none was running."""
    alive = set(_alive(configuration))
    if not alive:
        return False
    names = alive | _kept_by_supervisord(configuration)
    _end(configuration, names - {ProcessName.REDIS, SUPERVISORD}, limit_s=PRODUCT_LIMIT_S)
    _end(configuration, names & {ProcessName.REDIS}, limit_s=REDIS_LIMIT_S)
    _shut_down_supervisord(configuration)
    # Whatever supervisord started again in between, or left behind.
    _kill(_alive(configuration))
    _wait_until(lambda: not _alive(configuration), limit_s=KILL_LIMIT_S)
    return True


def launcher_stop(configuration: Configuration) -> bool:
    """
    End a launcher that is still preparing, with what it started. False if there was none.

    One whose instance was ended goes by itself; it is given the time.
    """
    launcher = configuration.run_dir / f"{LAUNCHER}{SUFFIX}"
    _wait_until(lambda: holder_of(launcher) is None, limit_s=KILL_LIMIT_S)
    pid = holder_of(launcher)
    if pid is None:
        return False
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGTERM)
    _wait_until(lambda: holder_of(launcher) is None, limit_s=PRODUCT_LIMIT_S + REDIS_LIMIT_S)
    return True


def _end(configuration: Configuration, names: Set[str], *, limit_s: float) -> None:
    """Ask all of them at once, then kill those that are left at the limit."""

    def remaining() -> dict[str, int]:
        return {name: pid for name, pid in _alive(configuration).items() if name in names}

    _ask_to_stop(configuration, names, remaining())
    _wait_until(lambda: not remaining(), limit_s=limit_s)
    _kill(remaining())
    _wait_until(lambda: not remaining(), limit_s=KILL_LIMIT_S)


def _ask_to_stop(configuration: Configuration, names: Set[str], alive: Mapping[str, int]) -> None:
    """Through supervisord, which would otherwise start them again; where it is gone, directly."""
    control = SupervisorControl(control_socket(configuration))
    try:
        for name in names:
            control.request_stop(name)
    except NotRunningError:
        for pid in alive.values():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)


def _shut_down_supervisord(configuration: Configuration) -> None:
    with contextlib.suppress(NotRunningError):
        SupervisorControl(control_socket(configuration)).shut_down()
    _wait_until(lambda: supervisord_pid(configuration) is None, limit_s=SUPERVISORD_LIMIT_S)


def _kept_by_supervisord(configuration: Configuration) -> set[str]:
    """Also those that are dead just now and would be started again."""
    try:
        return set(SupervisorControl(control_socket(configuration)).states())
    except NotRunningError:
        return set()


def _alive(configuration: Configuration) -> dict[str, int]:
    return {name: pid for name, pid in holders_in(configuration.run_dir) if name != LAUNCHER}


def _kill(alive: Mapping[str, int]) -> None:
    for pid in alive.values():
        signal_group(pid, signal.SIGKILL)


def _wait_until(is_true: Callable[[], bool], *, limit_s: float) -> None:
    """Return when it is true or the limit is over; the caller looks which."""
    deadline = time.monotonic() + limit_s
    while not is_true() and time.monotonic() < deadline:
        time.sleep(POLL_S)


def main() -> int:
    """End the instance of the environment's data folder."""
    try:
        configuration = configuration_from_environment(os.environ)
    except LaunchError as error:
        print(error, file=sys.stderr)
        return 1
    was_running = instance_stop(configuration)
    was_starting = launcher_stop(configuration)
    print(
        "Stopped." if was_running or was_starting else f"Nothing is running with the data in {configuration.data_dir}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
