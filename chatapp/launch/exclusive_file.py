"""
Secrets that are made once and kept in a file only its owner can read.

Owns the file's mode and that two processes starting at once agree on one secret.
"""

import os
import secrets
from pathlib import Path

from chatapp.private_files import FOLDER_MODE

OWNER_ONLY = 0o600
SECRET_BYTES = 48


def read_or_create_secret(path: Path) -> str:
    """
    The secret in `path`; if there is none yet, a new random one, mode 0600 from the first byte on.

    It is written whole under another name and then linked, so no reader ever sees half of it and the first writer wins.
    """
    path.parent.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    if not path.exists():
        _create(path)
    return path.read_text().strip()


def write_private(path: Path, text: str) -> None:
    """Replace `path` by a file of mode 0600 that holds `text`."""
    draft = _draft(path, text)
    draft.replace(path)


def _create(path: Path) -> None:
    draft = _draft(path, secrets.token_urlsafe(SECRET_BYTES) + "\n")
    try:
        os.link(draft, path)
    except FileExistsError:
        return  # another process was first; its secret is the one
    finally:
        draft.unlink()


def _draft(path: Path, text: str) -> Path:
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    return draft
