"""
A private PostgreSQL server for the tests: programs from PATH or the system's folder, its own port, data and password.

PostgreSQL refuses to run as root; then the server runs as an unprivileged user that the system has anyway.
"""

import contextlib
import os
import pwd
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chatapp.launch.ports import find_free_port

SYSTEM_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
UNPRIVILEGED = ("postgres", "nobody")
START_LIMIT_S = 60
# The tests prove behaviour, not that a disk survives a power cut.
OPTIONS = "-c fsync=off -c full_page_writes=off -c synchronous_commit=off -c max_connections=200"


class PostgresMissingError(RuntimeError):
    """No PostgreSQL programs were found, and none could be installed."""


@dataclass(frozen=True)
class PostgresServer:
    """A server that is running. `url` is a DATABASE_URL of an empty database."""

    url: str
    port: int
    password: str


@contextlib.contextmanager
def running_postgres(*, port: int | None = None) -> Iterator[PostgresServer]:
    """
    Start a server, give it to the block, end it and delete its data.

    :raises PostgresMissingError: if there is no PostgreSQL here.
    """
    programs = find_postgres() or _install_postgres()
    port = find_free_port() if port is None else port
    password = secrets.token_hex(16)
    # Not in var/: the unprivileged user must be able to reach it, and socket paths must be short.
    folder = Path(tempfile.mkdtemp(prefix="chatapp-pg-"))
    user = _unprivileged_user()
    try:
        password_file = folder / "password"
        password_file.write_text(password)
        if user is not None:
            for path in (folder, password_file):
                os.chown(path, user.pw_uid, user.pw_gid)
        data = folder / "data"
        _run(
            user, programs / "initdb", "-D", data, "-U", "chatapp", "--pwfile", password_file,
            "--auth=scram-sha-256", "--encoding=UTF8", "--locale=C", "--no-sync",
        )  # fmt: skip
        options = f"-p {port} -c listen_addresses=127.0.0.1 -k {folder} {OPTIONS}"
        control = (programs / "pg_ctl", "-D", data, "-w", "-t", str(START_LIMIT_S))
        _run(user, *control, "-l", folder / "log", "-o", options, "start")
        try:
            yield PostgresServer(
                url=f"postgres://chatapp:{password}@127.0.0.1:{port}/postgres", port=port, password=password
            )
        finally:
            _run(user, *control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def find_postgres() -> Path | None:
    """The folder with `initdb` and `pg_ctl`, newest version first, or None."""
    on_path = shutil.which("initdb")
    if on_path and (Path(on_path).parent / "pg_ctl").exists():
        return Path(on_path).resolve().parent
    found = [
        path.parent
        for pattern in SYSTEM_FOLDERS
        for path in Path("/").glob(f"{pattern.lstrip('/')}/initdb")
        if (path.parent / "pg_ctl").exists()
    ]
    return max(found, key=_version_key, default=None)


def _install_postgres() -> Path:
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("PostgreSQL is missing: installing it with apt-get", flush=True)
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-q"], ["apt-get", "install", "-q", "-y", "postgresql"]):
            subprocess.run(command, env=environment, check=False, stdout=sys.stderr)
    programs = find_postgres()
    if programs is None:
        raise PostgresMissingError(
            "The tests need PostgreSQL's programs (initdb, pg_ctl) on PATH. "
            "Debian, Ubuntu: apt-get install postgresql; macOS: brew install postgresql."
        )
    return programs


def _version_key(folder: Path) -> tuple[int, ...]:
    digits = "".join(letter if letter.isdigit() else " " for letter in str(folder)).split()
    return tuple(int(number) for number in digits)


def _unprivileged_user() -> pwd.struct_passwd | None:
    """Whom to run the server as; None: as ourselves."""
    if os.geteuid() != 0:
        return None
    for name in UNPRIVILEGED:
        with contextlib.suppress(KeyError):
            return pwd.getpwnam(name)
    raise PostgresMissingError(
        f"PostgreSQL cannot run as root, and this system has no user {' or '.join(UNPRIVILEGED)}."
    )


def _run(user: pwd.struct_passwd | None, *command: str | Path) -> None:
    finished = subprocess.run(
        [str(part) for part in command],
        user=user.pw_uid if user else None,
        group=user.pw_gid if user else None,
        extra_groups=[] if user else None,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE if command[-1] != "start" else subprocess.DEVNULL,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if finished.returncode != 0:
        raise PostgresMissingError(f"{command[0]} failed: {finished.stdout or ''}")
