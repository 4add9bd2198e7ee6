"""
Stamps: "this was made from exactly these sources", so that making it again can be skipped without a network.

A stamp is a file that holds a digest of the sources' names and contents.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path


def digest_of(paths: Iterable[Path], *, root: Path, extra: str = "") -> str:
    """Digest of the contents of `paths` and of their places below `root`, in sorted order, and of `extra`."""
    digest = hashlib.sha256(extra.encode())
    for path in sorted(paths):
        content = path.read_bytes()
        digest.update(f"\n{path.relative_to(root).as_posix()} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


def is_stamped(stamp: Path, digest: str) -> bool:
    return stamp.is_file() and stamp.read_text().strip() == digest


def write_stamp(stamp: Path, digest: str) -> None:
    stamp.parent.mkdir(parents=True, exist_ok=True)
    stamp.write_text(digest + "\n")
