"""Connections to Redis. Owns how they are made; knows no key but the prefix that nobody adds."""

from functools import lru_cache

import redis
import redis.asyncio
from django.conf import settings

# A command answers in milliseconds or the server is in trouble; blocking reads set their own limit below this one.
SOCKET_TIMEOUT_S = 5.0


@lru_cache(maxsize=1)
def redis_sync() -> redis.Redis:
    """The process's client for threads; answers are bytes."""
    return redis.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SOCKET_TIMEOUT_S, socket_connect_timeout=SOCKET_TIMEOUT_S
    )


def redis_async() -> redis.asyncio.Redis:
    """A client for the running event loop; whoever asks keeps it and closes it."""
    return redis.asyncio.Redis.from_url(
        settings.REDIS_URL, socket_timeout=SOCKET_TIMEOUT_S, socket_connect_timeout=SOCKET_TIMEOUT_S
    )
