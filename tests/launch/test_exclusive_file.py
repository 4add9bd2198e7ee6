"""Secrets in files."""

import os
import stat
import subprocess
import sys

from chatapp.launch.configuration import CHECKOUT
from chatapp.launch.exclusive_file import read_or_create_secret, write_private

READ_SECRET = (
    "import sys; from pathlib import Path; from chatapp.launch.exclusive_file import read_or_create_secret;"
    "print(read_or_create_secret(Path(sys.argv[1])))"
)


class TestReadOrCreateSecret:
    def test_makes_a_long_random_secret_that_only_its_owner_can_read(self, tmp_path):
        old_umask = os.umask(0)
        try:
            secret = read_or_create_secret(tmp_path / "new" / "secret_key")
        finally:
            os.umask(old_umask)

        assert len(secret) >= 50
        assert stat.S_IMODE((tmp_path / "new" / "secret_key").stat().st_mode) == 0o600

    def test_keeps_the_secret_that_is_there(self, tmp_path):
        first = read_or_create_secret(tmp_path / "secret_key")

        assert read_or_create_secret(tmp_path / "secret_key") == first

    def test_gives_processes_that_start_at_once_the_same_secret(self, tmp_path):
        command = [sys.executable, "-c", READ_SECRET, str(tmp_path / "secret_key")]
        processes = [subprocess.Popen(command, cwd=CHECKOUT, stdout=subprocess.PIPE, text=True) for _ in range(6)]

        secrets = {process.communicate(timeout=60)[0] for process in processes}

        assert len(secrets) == 1
        assert [path.name for path in tmp_path.iterdir()] == ["secret_key"]


class TestWritePrivate:
    def test_replaces_a_file_others_could_read_by_one_they_cannot(self, tmp_path):
        path = tmp_path / "redis.conf"
        path.write_text("old")
        path.chmod(0o644)

        write_private(path, "new")

        assert path.read_text() == "new"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
