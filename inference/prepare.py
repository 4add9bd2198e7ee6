"""The command `python -m inference.prepare SOURCE DEST [--revision R]`: shows progress, prints the description."""

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from inference.errors import ModelUnusable
from inference.models.preparing import prepare_model


def main(arguments: list[str] | None = None) -> int:
    """Return 0 and print the description as the last line, or return 1 and say why on stderr."""
    parser = argparse.ArgumentParser(prog="python -m inference.prepare", description="Make a model ready to serve.")
    parser.add_argument("source", help="`default`, a GGUF file, a Hugging Face folder, or a Hub id")
    parser.add_argument("destination", type=Path, help="the folder to make, e.g. var/models/NAME")
    parser.add_argument("--revision", help="commit, tag or branch of a Hub id; pin a commit")
    options = parser.parse_args(arguments)
    try:
        description = prepare_model(
            options.source, options.destination, revision=options.revision, on_progress=show_progress
        )
    except ModelUnusable as refusal:
        sys.stderr.write(f"{refusal}\n")
        return 1
    sys.stdout.write(json.dumps(asdict(description)) + "\n")
    return 0


def show_progress(what: str, share: float) -> None:
    sys.stderr.write(f"[{share:4.0%}] {what}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
