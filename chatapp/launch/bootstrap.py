"""
The first file that runs: checks the Python it was started with, installs, hands over to the virtual environment.

Runs on whatever `python3` is, so it must parse and explain itself on versions far older than the product needs.
"""

import sys

MIN_PYTHON = (3, 11)


def main():  # type: () -> int  # noqa: ANN201 - an annotation would not parse on Python 2
    if sys.version_info < MIN_PYTHON:
        sys.stderr.write("This needs Python 3.11 or newer; " + sys.executable + " is " + sys.version.split()[0] + ".\n")
        sys.stderr.write("Name a newer one, for example: make run PYTHON=python3.12\n")
        return 1
    from chatapp.launch.entry import bootstrap_main

    return bootstrap_main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(main())
