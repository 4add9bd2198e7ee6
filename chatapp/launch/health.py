"""
Whether each process does its work yet, asked from outside: over HTTP, in Redis, and of supervisord.

Owns the questions, not the waiting (`stack.py`).
"""

import contextlib
import http.client
from collections.abc import Mapping
from typing import TYPE_CHECKING

import redis

from chatapp.launch.processes import MODEL_WORKER_PREFIX, REDIS, WEB
from chatapp.launch.supervisor_control import ProcessState

if TYPE_CHECKING:
    from chatapp.launch.configuration import Configuration

HTTP_TIMEOUT_S = 5.0
REDIS_TIMEOUT_S = 2.0


class Health:
    """Asks the processes of one instance."""

    def __init__(self, configuration: "Configuration", *, redis_url: str) -> None:
        self._configuration = configuration
        self._redis = redis.Redis.from_url(
            redis_url, socket_timeout=REDIS_TIMEOUT_S, socket_connect_timeout=REDIS_TIMEOUT_S
        )

    def is_healthy(self, name: str, *, states: Mapping[str, ProcessState]) -> bool:
        """Whether the process called `name` answers; one that has no question of its own must at least stay up."""
        state = states.get(name)
        if state is None or state.state != "RUNNING":
            return False
        if name == REDIS:
            return self._redis_answers()
        if name == WEB:
            return web_is_healthy(self._configuration)
        if name.startswith(MODEL_WORKER_PREFIX):
            return self._model_worker_signed(name.removeprefix(MODEL_WORKER_PREFIX))
        return True

    def _redis_answers(self) -> bool:
        with contextlib.suppress(redis.RedisError):
            return bool(self._redis.ping())
        return False

    def _model_worker_signed(self, slug: str) -> bool:
        """Whether a worker of the model says in Redis that it is up (see `catalog.services.worker_sign`)."""
        with contextlib.suppress(redis.RedisError):
            return any(True for _ in self._redis.scan_iter(match=f"worker:{slug}:*", count=500))
        return False


def web_is_healthy(configuration: "Configuration") -> bool:
    """Whether `GET /healthz` says that the web process reaches its database and Redis. No proxy is asked."""
    connection = http.client.HTTPConnection(configuration.connect_host, configuration.port, timeout=HTTP_TIMEOUT_S)
    with contextlib.suppress(OSError, http.client.HTTPException), contextlib.closing(connection):
        connection.request("GET", "/healthz")
        return connection.getresponse().status == http.client.OK
    return False
