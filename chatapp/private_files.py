"""
What this process writes is for its owner alone: folders 0700, files 0600, whatever umask it was started with.

Owns that rule. Every program of the product states it itself, because an instance may be started by a supervisor, a
shell or a container that knows nothing of it. Needs nothing but the standard library: the launcher uses it, too.
"""

import os
import stat
from pathlib import Path

PRIVATE_UMASK = 0o077
FOLDER_MODE = 0o700


def files_keep_private() -> None:
    """From here on nothing that this process makes is readable by another user of the machine."""
    os.umask(PRIVATE_UMASK)


def folder_make_private(folder: Path) -> None:
    """
    Make the folder, with its parents, and take away what others may do in it.

    :raises OSError: if it belongs to somebody else.
    """
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(FOLDER_MODE)


def tree_make_private(folder: Path) -> None:
    """
    Take from everybody but the owner what they may do with anything under the folder; links are not followed.

    :raises OSError: if something in it belongs to somebody else.
    """
    folder.chmod(FOLDER_MODE)
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            _take_from_others(Path(parent) / name)


def _take_from_others(path: Path) -> None:
    try:
        mode = path.lstat().st_mode
        if (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and mode & PRIVATE_UMASK:
            path.chmod(stat.S_IMODE(mode) & ~PRIVATE_UMASK)
    except FileNotFoundError:
        return  # a draft that was renamed meanwhile
