"""
From the system's Python into the virtual environment's: `python3 -m chatapp.launch.bootstrap SET MODULE [ARG …]`.

Owns the hand-over only. Installs the requirement set, then becomes `.venv/bin/python -m MODULE ARG …`.
"""

import os
import sys
from typing import NoReturn

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.errors import LaunchError
from chatapp.launch.install import RequirementSet, ensure_installed

EXIT_FAILED = 1
EXIT_INTERRUPTED = 130


def bootstrap_main(arguments: list[str]) -> int:
    """Install the set named first, then run the module named second with the rest. Returns only on failure."""
    requirement_set, module, *rest = arguments
    try:
        python = ensure_installed(RequirementSet(requirement_set), root=CHECKOUT, environ=os.environ)
    except LaunchError as error:
        print(f"\n{error}", file=sys.stderr)
        return EXIT_FAILED
    except KeyboardInterrupt:
        print("\nStopped; the same command goes on where this one ended.", file=sys.stderr)
        return EXIT_INTERRUPTED
    return _become([str(python), "-m", module, *rest])


def _become(command: list[str]) -> NoReturn:
    sys.stdout.flush()
    sys.stderr.flush()
    os.chdir(CHECKOUT)
    os.execv(command[0], command)  # noqa: S606 - our own interpreter, no shell
