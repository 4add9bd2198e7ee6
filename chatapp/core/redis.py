"""Connections to Redis, its scripts and its clock. Owns how they are made; knows no key."""

from functools import cache, lru_cache
from typing import Any

import redis
import redis.asyncio
from django.conf import settings
from redis.commands.core import Script

# A command answers in milliseconds or the server is in trouble; blocking reads set their own limit below this one.
SOCKET_TIMEOUT_S = 5.0

# Lua, to stand before a script. Redis' clock is one for all processes, whatever their machines' clocks say.
NOW_MS = """
local function now_ms()
  local time = redis.call('TIME')
  return time[1] * 1000 + math.floor(time[2] / 1000)
end
"""


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


@cache
def redis_script(source: str) -> Script:
    """A script that the server keeps after its first run: then only its digest is sent."""
    return redis_sync().register_script(source)


def redis_now_ms() -> int:
    """The clock that leases, signs and feed ids are made by."""
    time: Any = redis_sync().time()
    return int(time[0]) * 1000 + int(time[1]) // 1000
