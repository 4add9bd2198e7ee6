"""`make check`: every static check, one after the other; all of them run even if one fails."""

import subprocess
import sys
from pathlib import Path

from chatapp.launch.configuration import CHECKOUT

TOOLS = Path(sys.executable).parent
CHECKS: tuple[tuple[str, list[str | Path]], ...] = (
    ("format", [TOOLS / "ruff", "format", "--check", "."]),
    ("lint", [TOOLS / "ruff", "check", "."]),
    ("types", [TOOLS / "mypy"]),
    ("import contracts", [TOOLS / "lint-imports"]),
    ("front end: lint and types", [sys.executable, "-m", "chatapp.launch.frontend", "run", "check"]),
)


def main() -> int:
    """Run the checks; 1 if any failed."""
    failed = []
    for name, command in CHECKS:
        print(f"\n== {name}", flush=True)
        finished = subprocess.run(command, cwd=CHECKOUT, check=False)
        if finished.returncode != 0:
            failed.append(name)
    print(f"\nFailed: {', '.join(failed)}" if failed else "\nEvery check passed.", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
