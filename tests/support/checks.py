"""`make check`: every static check, one after the other; all of them run even if one fails."""

import os
import subprocess
import sys

from chatapp.launch.configuration import CHECKOUT

CHECKS = (
    ("format", ["ruff", "format", "--check", "."]),
    ("lint", ["ruff", "check", "."]),
    ("types", ["mypy"]),
    ("import contracts", ["importlinter.cli"]),
    ("front end: lint and types", ["chatapp.launch.frontend", "run", "check"]),
)


def main() -> int:
    """Run the checks; 1 if any failed."""
    # mypy's Django plugin reads the settings, which want a key; nothing is signed with this one.
    environment = os.environ | {"CHATAPP_SECRET_KEY": "only for reading the settings"}
    failed = []
    for name, command in CHECKS:
        print(f"\n== {name}", flush=True)
        finished = subprocess.run([sys.executable, "-m", *command], cwd=CHECKOUT, env=environment, check=False)
        if finished.returncode != 0:
            failed.append(name)
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nEvery check passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
