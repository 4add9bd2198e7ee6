"""
`make run`: build what is missing, start everything, stay in the foreground until Ctrl-C, SIGTERM or `make stop`.

Runs in the virtual environment. Owns the order of the steps and the signals; each step stands in a module of its own.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from chatapp.launch.configuration import ANY_ADDRESS, Configuration, configuration_from_environment
from chatapp.launch.entry import EXIT_FAILED, EXIT_INTERRUPTED
from chatapp.launch.errors import AlreadyRunningError, LaunchError
from chatapp.launch.frontend import ensure_frontend_built
from chatapp.launch.held import SUFFIX, hold
from chatapp.launch.models import ensure_default_model
from chatapp.launch.stack import Stack
from chatapp.launch.stopping import LAUNCHER, supervisord_pid
from chatapp.private_files import files_keep_private, folder_make_private

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    """Run until told to stop. 0: stopped on request; 1: could not start, or everything died."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.default_int_handler)
    try:
        configuration = configuration_from_environment(os.environ)
        with _only_launcher(configuration):
            files_keep_private()
            return _run(configuration)
    except LaunchError as error:
        _say(f"\n{error}", stream=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED


def _run(configuration: Configuration) -> int:
    began = time.monotonic()
    stack = Stack(configuration, environ=os.environ, report=_say)
    stack.require_startable()
    try:
        ensure_frontend_built(root=configuration.root)
        _say("Preparing the database")
        models = stack.prepare()
        ensure_default_model(stack, models=models)
        _say("Starting")
        stack.start(models)
        stack.wait_healthy()
        _say_ready(configuration, seconds=time.monotonic() - began)
        returncode = stack.wait_until_ended()
    except KeyboardInterrupt:
        _say("\nStopping: web and workers first, Redis last")
        _ignoring_signals(stack.stop)
        _say("Stopped.")
        return 0
    except LaunchError:
        _ignoring_signals(stack.stop)
        raise
    _ignoring_signals(stack.stop)
    if returncode != 0:
        raise LaunchError(
            f"supervisord died (status {returncode}); everything it kept was ended. Start again: make run"
        )
    _say("Stopped.")
    return 0


@contextmanager
def _only_launcher(configuration: Configuration) -> Iterator[None]:
    """Refuse while another launcher works on the same data."""
    folder_make_private(configuration.data_dir)
    folder_make_private(configuration.run_dir)
    try:
        descriptor = hold(configuration.run_dir / f"{LAUNCHER}{SUFFIX}")
    except BlockingIOError:
        state = "is running" if supervisord_pid(configuration) else "is being started"
        raise AlreadyRunningError(
            f"This {state} already with the data in {configuration.data_dir}: {configuration.address}\n"
            "Stop it with: make stop"
        ) from None
    try:
        yield
    finally:
        os.close(descriptor)


def _ignoring_signals(stop: Callable[[], None]) -> None:
    """A second Ctrl-C must not leave half of it running; stopping has its own limits."""
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    stop()


def _say_ready(configuration: Configuration, *, seconds: float) -> None:
    _say(f"\nReady after {seconds:.0f} s:  {configuration.address}")
    if configuration.host in ANY_ADDRESS:
        _say(f"Open to other machines on port {configuration.port}.")
    _say("Ctrl-C stops everything. In another terminal: make logs, make stop, make help.\n")


def _say(text: str, *, stream: object = None) -> None:
    print(text, file=stream or sys.stdout, flush=True)  # type: ignore[arg-type]


if __name__ == "__main__":
    sys.exit(main())
