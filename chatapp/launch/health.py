"""
Whether each process does its work yet, asked from outside: over HTTP, in Redis, and of supervisord.

Owns the questions, not the waiting (`stack.py`). As a command, `python -m chatapp.launch.health` exits 0 when the web
process of this environment is healthy.
"""

import contextlib
import http.client
import os
import sys
from collections.abc import Iterable, Mapping

import redis

from chatapp.launch.configuration import Configuration, configuration_from_environment
from chatapp.launch.processes import MODEL_WORKER_PREFIX, ProcessName
from chatapp.launch.supervisor.control import ProcessState

# Signs of life that the workers leave in Redis, as core/signs_of_life.py names them. Each key goes with its last sign.
MODEL_WORKERS_KEY = "workers:model:{slug}"
DEFAULT_WORKER_KEY = "workers:default"  # beat told the default worker to reap, and it did: both are up
HTTP_TIMEOUT_S = 5.0
REDIS_TIMEOUT_S = 2.0


class Health:
    """Asks the processes of one instance."""

    def __init__(self, configuration: Configuration, *, redis_url: str) -> None:
        self._configuration = configuration
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )

    def close(self) -> None:
        """Let go of the connection to Redis."""
        self._redis.close()

    def forget_signs(self, slugs: Iterable[str]) -> None:
        """
        Delete signs of life that an earlier run left in the embedded server: they live for some seconds more.

        slugs: the models that this run serves; nobody waits for another's worker.
        """
        with contextlib.suppress(redis.RedisError):
            self._redis.delete(DEFAULT_WORKER_KEY, *(MODEL_WORKERS_KEY.format(slug=slug) for slug in slugs))

    def is_healthy(self, name: str, *, states: Mapping[str, ProcessState]) -> bool:
        """Whether the process called `name` runs and answers."""
        state = states.get(name)
        if state is None or state.state != "RUNNING":
            return False
        match name:
            case ProcessName.REDIS:
                return self._redis_answers()
            case ProcessName.WEB:
                return web_is_healthy(self._configuration)
            case ProcessName.WORKER | ProcessName.BEAT:
                return self._has_sign(DEFAULT_WORKER_KEY)
            case _:
                slug = name.removeprefix(MODEL_WORKER_PREFIX)
                return self._has_sign(MODEL_WORKERS_KEY.format(slug=slug))

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._redis.ping())
        return False

    def _has_sign(self, key: str) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._redis.exists(key))
        return False


def web_is_healthy(configuration: Configuration) -> bool:
    """Whether `GET /healthz` says that the web process reaches its database and Redis. No proxy is asked."""
    connection = http.client.HTTPConnection(configuration.connect_host, configuration.port, timeout=HTTP_TIMEOUT_S)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/healthz", headers={"Host": configuration.own_name})
        return connection.getresponse().status == http.client.OK
    return False


def main() -> int:
    """Ask the web process of this environment; 0 if it is healthy."""
    return 0 if web_is_healthy(configuration_from_environment(os.environ)) else 1


if __name__ == "__main__":
    sys.exit(main())
