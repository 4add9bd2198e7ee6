"""What the product writes is its owner's alone, whatever the umask of whoever started it."""

import os
import stat
import subprocess
import sys

import pytest

from chatapp.launch.configuration import CHECKOUT
from chatapp.private_files import folder_make_private, tree_make_private

# What each program runs first, as the supervisor, a container or a shell does.
PROGRAMS = {
    "the web process": "import chatapp.asgi",
    "a worker or beat": "import chatapp.celery",
    "manage.py": (
        "import runpy, sys; sys.argv = ['manage.py', 'version']; runpy.run_path('manage.py', run_name='__main__')"
    ),
    "the preparation of the database": (
        "import django.core.management as m; m.call_command = lambda *a, **k: None;"
        "from chatapp.launch.database import main; main()"
    ),
    "what holds a mark of life": (
        "import os, sys; os.execvp = lambda *a: None; sys.argv = ['held', sys.argv[1], 'true'];"
        "from chatapp.launch.held import main; main()"
    ),
}


def mode_of(path):
    return stat.S_IMODE(path.lstat().st_mode)


class TestEveryProgram:
    @pytest.mark.parametrize("program", PROGRAMS.values(), ids=PROGRAMS.keys())
    def test_makes_files_for_its_owner_alone(self, program, tmp_path):
        made = tmp_path / "made"

        subprocess.run(
            [sys.executable, "-c", f"{program}; open({str(made)!r}, 'w')", str(tmp_path / "mark")],
            cwd=CHECKOUT,
            env=os.environ | {"DJANGO_SETTINGS_MODULE": "chatapp.settings"},
            umask=0o022,
            check=True,
        )

        assert mode_of(made) == 0o600


class TestFolderMakePrivate:
    def test_makes_a_folder_that_only_its_owner_can_enter(self, tmp_path):
        folder_make_private(tmp_path / "a" / "b")

        assert mode_of(tmp_path / "a" / "b") == 0o700

    def test_closes_one_that_stood_open(self, tmp_path):
        tmp_path.chmod(0o755)

        folder_make_private(tmp_path)

        assert mode_of(tmp_path) == 0o700


class TestTreeMakePrivate:
    def test_takes_from_others_what_they_may_do_and_leaves_the_owner_theirs(self, tmp_path):
        modes = {"plain": 0o644, "program": 0o755, "read only": 0o444, "for a group": 0o660, "open": 0o666}
        for name, mode in modes.items():
            path = tmp_path / "folder" / "inner" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch()
            path.chmod(mode)

        tree_make_private(tmp_path)

        inner = tmp_path / "folder" / "inner"
        assert {name: mode_of(inner / name) for name in modes} == {name: mode & 0o700 for name, mode in modes.items()}
        assert mode_of(inner) == mode_of(inner.parent) == mode_of(tmp_path) == 0o700

    def test_follows_no_link_out_of_the_folder(self, tmp_path):
        outside = tmp_path / "outside"
        outside.mkdir()
        (outside / "file").touch()
        (outside / "file").chmod(0o644)
        outside.chmod(0o755)
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "link").symlink_to(outside)
        (tmp_path / "data" / "nowhere").symlink_to(tmp_path / "missing")

        tree_make_private(tmp_path / "data")

        assert (mode_of(outside), mode_of(outside / "file")) == (0o755, 0o644)
