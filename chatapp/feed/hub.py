"""
The one reader of a web process: waits for the doorbell, reads what rang and is watched here, fans out in process.

Owns the places up to which each stream was read. Knows no socket and no user: a listener is asked to take entries.
"""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import redis.asyncio
import structlog
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError
from redis.exceptions import TimeoutError as RedisTimeoutError

from chatapp.core.redis import redis_async
from chatapp.feed.keys import DOORBELL, is_feed_key

logger = structlog.get_logger(__name__)

# Rounds are at least this far apart: at 30 ms, 1,000 sockets × 10 frames/s were p95 140 ms on two shared cores.
ROUND_S = 0.03
# Everything watched is read this often even if nothing rang: a ring may be trimmed away (keys.DOORBELL_MAX_RINGS).
SWEEP_S = 5.0
# Below core.redis.SOCKET_TIMEOUT_S, or the wait itself would look like a dead server.
BLOCK_MS = 2_000
RETRY_S = 0.5
READ_COUNT = 1_000

Fields = dict[bytes, bytes]


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a stream."""

    id: str
    fields: Fields


class Listener(Protocol):
    """Takes what a round read for it, streams in the order in which it asked; must not wait."""

    def hear(self, readings: Sequence[tuple[str, Sequence[Entry]]]) -> None: ...


@dataclass(slots=True)
class _Stream:
    last_id: str
    listeners: set[Listener] = field(default_factory=set)


def entry_order(entry_id: str) -> tuple[int, int]:
    """What sorts entry ids as Redis does: `<milliseconds>-<number>`, in a generation's stream `<seq>-0`."""
    milliseconds, _, number = entry_id.partition("-")
    return int(milliseconds), int(number or 0)


def _entries(raw: Any) -> list[Entry]:
    """As Redis answers XRANGE."""
    return [Entry(entry_id.decode(), fields) for entry_id, fields in raw]


class Hub:
    """Made once per event loop; see `hub_get`."""

    def __init__(self) -> None:
        self._redis: redis.asyncio.Redis = redis_async()
        self._streams: dict[str, _Stream] = {}
        self._rung: set[str] = set()
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    def begin(self) -> None:
        self._tasks = [asyncio.create_task(self._doorbell()), asyncio.create_task(self._rounds())]

    async def close(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._redis.aclose()

    def join(self, listener: Listener, *, key: str, after: str) -> None:
        """
        Give the listener every entry of the stream behind `after`, those already there first.

        The stream is read again from the earliest place that anyone needs: listeners drop what they have.
        """
        stream = self._streams.setdefault(key, _Stream(last_id=after))
        stream.last_id = min(stream.last_id, after, key=entry_order)
        stream.listeners.add(listener)
        self._rung.add(key)
        self._wake.set()

    def leave(self, listener: Listener, *, key: str) -> None:
        if stream := self._streams.get(key):
            stream.listeners.discard(listener)
            if not stream.listeners:
                del self._streams[key]

    async def entries_after(self, seq: int, *, key: str) -> list[Entry]:
        """
        What a generation's stream holds behind `seq`, now; for one that has ended and is not listened to.

        :raises RedisError, OSError: if the log cannot be read.
        """
        return _entries(await self._redis.xrange(key, min=f"({seq}-0"))

    async def _doorbell(self) -> None:
        last = "$"
        while True:
            try:
                found: Any = await self._redis.xread({DOORBELL: last}, block=BLOCK_MS, count=READ_COUNT)
            except (RedisError, OSError) as error:
                logger.warning("doorbell_unavailable", error=str(error))
                await asyncio.sleep(RETRY_S)
                self._rung.update(self._streams)
                self._wake.set()
                last = "$"
                continue
            for _, rings in found or ():
                last = rings[-1][0].decode()
                self._rung.update(ring[b"key"].decode() for _, ring in rings)
                self._wake.set()

    async def _rounds(self) -> None:
        swept_at = 0.0
        clock = asyncio.get_running_loop().time
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), SWEEP_S)
            self._wake.clear()
            if clock() - swept_at >= SWEEP_S:
                swept_at = clock()
                self._rung.update(self._streams)
            try:
                await self._round()
            except (RedisError, OSError) as error:
                logger.warning("event_log_unavailable", error=str(error))
                self._rung.update(self._streams)
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            await asyncio.sleep(ROUND_S)

    async def _round(self) -> None:
        """Read what rang in one pipeline, feeds before generations; then fan out."""
        rung, self._rung = self._rung & self._streams.keys(), set()
        # A fact that ends a generation is read before its deltas, so the deltas read are all there are.
        in_order = sorted(rung, key=lambda key: (not is_feed_key(key), key))
        places = {key: self._streams[key].last_id for key in in_order}
        try:
            self._fan_out(places, await self._read(places))
        except BaseException:
            self._rung |= rung
            raise

    async def _read(self, places: Mapping[str, str]) -> list[Any]:
        if not places:
            return []
        async with self._redis.pipeline(transaction=False) as pipeline:
            for key, last_id in places.items():
                pipeline.xrange(key, min=f"({last_id}", count=READ_COUNT)
            answers: list[Any] = await pipeline.execute(raise_on_error=False)
        return answers

    def _fan_out(self, places: Mapping[str, str], answers: Sequence[Any]) -> None:
        heard: dict[Listener, list[tuple[str, Sequence[Entry]]]] = {}
        for (key, place), raw in zip(places.items(), answers, strict=True):
            stream = self._streams.get(key)
            # Whoever joined meanwhile from an earlier place must hear that first: the next round reads it.
            if isinstance(raw, RedisConnectionError | RedisTimeoutError):
                raise raw
            if isinstance(raw, RedisError):
                # One stream that cannot be read must not silence the others; its listeners refetch when they miss it.
                logger.error("stream_unreadable", key=key, error=str(raw))
                self._streams.pop(key, None)
                continue
            if stream is None or stream.last_id != place or not raw:
                continue
            entries = _entries(raw)
            stream.last_id = entries[-1].id
            if len(entries) == READ_COUNT:
                self._rung.add(key)
                self._wake.set()
            for listener in stream.listeners:
                heard.setdefault(listener, []).append((key, entries))
        for listener, readings in heard.items():
            # Deltas before facts: the fact that ends a generation follows its text.
            try:
                listener.hear(sorted(readings, key=lambda reading: is_feed_key(reading[0])))
            except Exception:  # one listener that cannot take what it hears must not deafen the others
                logger.exception("listener_failed")


_hubs: dict[asyncio.AbstractEventLoop, Hub] = {}


def hub_get() -> Hub:
    """The hub of the running event loop; the first who asks starts it."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
        _hubs[loop].begin()
    return _hubs[loop]
