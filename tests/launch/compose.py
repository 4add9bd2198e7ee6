"""
docker-compose.yml read as Compose reads it, and its services run as processes of this machine.

What differs from a container is only where things are: host names become the loopback with a port, the folders /data
and /models become folders here, `python` becomes the one that runs the tests.
"""

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from chatapp.launch.configuration import CHECKOUT

VARIABLE = re.compile(r"\$(?:\$|\{(\w+)(?:(:-|:\?)([^}]*))?\})")


class UnsetVariableError(KeyError):
    """A variable that the file requires is not set."""


def interpolated(text: str, variables: Mapping[str, str]) -> str:
    """
    `$$`, `${NAME}`, `${NAME:-default}` and `${NAME:?error}`, as in the Compose file's specification.

    :raises UnsetVariableError: if `:?` says that it must be set.
    """

    def value(found: re.Match[str]) -> str:
        name, kind, rest = found.groups()
        if name is None:
            return "$"
        if kind == ":?" and not variables.get(name):
            raise UnsetVariableError(f"{name}: {rest}")
        return variables.get(name) or (rest if kind == ":-" else "")

    return VARIABLE.sub(value, text)


def read_services(variables: Mapping[str, str]) -> dict[str, Any]:
    """The services of docker-compose.yml with every variable filled in."""

    def filled(node: Any) -> Any:
        match node:
            case str():
                return interpolated(node, variables)
            case dict():
                return {key: filled(value) for key, value in node.items()}
            case list():
                return [filled(value) for value in node]
            case _:
                return node

    services: dict[str, Any] = filled(yaml.safe_load((CHECKOUT / "docker-compose.yml").read_text())["services"])
    return services


@dataclass(frozen=True)
class HostProcess:
    """A service's command and environment with the places of this machine."""

    places: Mapping[str, str]

    def run(self, service: Mapping[str, Any], *, limit_s: float) -> subprocess.CompletedProcess[str]:
        """Run a service that ends by itself, such as a migration."""
        return subprocess.run(
            self.command(service["command"]), cwd=CHECKOUT, env=self.environment(service), timeout=limit_s,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def start(self, service: Mapping[str, Any], *, log: Path) -> subprocess.Popen[bytes]:
        """Start a service that stays; its output goes to `log`."""
        with log.open("wb") as output:
            return subprocess.Popen(
                self.command(service["command"]), cwd=CHECKOUT, env=self.environment(service), stdout=output,
                stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip

    def is_healthy(self, service: Mapping[str, Any]) -> bool:
        """Run the service's own health check once."""
        kind, *test = service["healthcheck"]["test"]
        command = ["sh", "-c", *test] if kind == "CMD-SHELL" else self.command(test)
        finished = subprocess.run(
            command, cwd=CHECKOUT, env=self.environment(service), capture_output=True, check=False, timeout=60
        )
        return finished.returncode == 0

    def command(self, command: str | list[str]) -> list[str]:
        words = shlex.split(command) if isinstance(command, str) else command
        placed = [self._placed(word) for word in words]
        return [sys.executable if word == "python" else word for word in placed]

    def environment(self, service: Mapping[str, Any]) -> dict[str, str]:
        """Only what a container would have, and where programs are."""
        given = {name: self._placed(str(value)) for name, value in service.get("environment", {}).items()}
        return {"PATH": os.environ["PATH"], "HOME": os.environ["HOME"], "HF_HUB_OFFLINE": "1"} | given

    def _placed(self, text: str) -> str:
        # In one pass: what stands for one place may contain the name of another.
        names = "|".join(re.escape(name) for name in self.places)
        return re.sub(rf"(?<![\w.])({names})(?![\w.])", lambda found: self.places[found.group()], text)
