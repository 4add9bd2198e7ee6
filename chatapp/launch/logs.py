"""`make logs`: follow the logs of every process of the instance."""

import os
import sys

from chatapp.launch.configuration import configuration_from_environment

LINES_EACH = "20"


def main() -> int:
    """Become `tail -F` on the logs; 1 if there are none yet."""
    logs_dir = configuration_from_environment(os.environ).logs_dir
    logs = [str(path) for path in sorted(logs_dir.glob("*.log")) if path.stat().st_size > 0]
    if not logs:
        print(f"No logs in {logs_dir} yet. Start with: make run", file=sys.stderr)
        return 1
    return os.execvp("tail", ["tail", "-n", LINES_EACH, "-F", *logs])  # noqa: S606 - an argument list, no shell


if __name__ == "__main__":
    sys.exit(main())
