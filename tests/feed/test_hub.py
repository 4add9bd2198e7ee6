"""The one reader of a web process, on a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from uuid import uuid4

import pytest

from chatapp.feed import keys, log
from chatapp.feed.events import SocketEvicted
from chatapp.feed.hub import READ_COUNT, Entry, Hub
from chatapp.feed.log import Append


class Ear:
    """A listener that remembers what it heard, and wakes whoever waits for more."""

    def __init__(self) -> None:
        self.heard: dict[str, list[Entry]] = {}
        self._news = asyncio.Event()

    def hear(self, readings: Sequence[tuple[str, Sequence[Entry]]]) -> None:
        for key, entries in readings:
            self.heard.setdefault(key, []).extend(entries)
        self._news.set()

    def ids(self, key: str) -> list[str]:
        """Each entry once, in the order of first hearing: listeners drop repeats."""
        return list(dict.fromkeys(entry.id for entry in self.heard.get(key, [])))

    async def hears(self, key: str, num_entries: int) -> list[str]:
        async with asyncio.timeout(10):
            while len(self.ids(key)) < num_entries:
                self._news.clear()
                await self._news.wait()
        return self.ids(key)


@pytest.fixture
async def hub() -> AsyncIterator[Hub]:
    hub = Hub()
    hub.begin()
    yield hub
    await hub.close()


def write(generation_id, texts, *, base_seq=0):
    for offset, text in enumerate(texts):
        log.append_all([Append(generation_id, 1, base_seq + offset, text)])


@pytest.fixture
def generation_id():
    generation_id = uuid4()
    log.take_over(generation_id=generation_id, attempt=1, fallback_text="", fallback_seq=0)
    return generation_id


class TestHub:
    async def test_gives_a_newcomer_what_is_there_and_then_what_comes(self, hub, generation_id):
        key, ear = keys.events_key(generation_id), Ear()
        write(generation_id, ["a", "b"])

        hub.join(ear, key=key, after="0-0")
        await ear.hears(key, 2)
        write(generation_id, ["c"], base_seq=2)

        assert await ear.hears(key, 3) == ["1-0", "2-0", "3-0"]

    async def test_begins_behind_the_listeners_cursor(self, hub, generation_id):
        key, ear = keys.events_key(generation_id), Ear()
        write(generation_id, ["a", "b", "c"])

        hub.join(ear, key=key, after="2-0")

        assert await ear.hears(key, 1) == ["3-0"]

    async def test_gives_a_latecomer_everything_in_order_while_others_listen(self, hub, generation_id):
        key, first, late = keys.events_key(generation_id), Ear(), Ear()
        hub.join(first, key=key, after="0-0")
        write(generation_id, ["a", "b"])
        await first.hears(key, 2)

        hub.join(late, key=key, after="0-0")
        write(generation_id, ["c"], base_seq=2)

        assert await late.hears(key, 3) == ["1-0", "2-0", "3-0"]
        assert await first.hears(key, 3) == ["1-0", "2-0", "3-0"]

    async def test_reads_on_where_more_came_than_one_read_takes(self, hub, generation_id):
        key, ear = keys.events_key(generation_id), Ear()
        write(generation_id, ["x"] * (READ_COUNT + 5))

        hub.join(ear, key=key, after="0-0")

        ids = await ear.hears(key, READ_COUNT + 5)
        assert ids == [f"{seq}-0" for seq in range(1, READ_COUNT + 6)]

    async def test_goes_on_after_a_time_in_which_nothing_rang(self, monkeypatch, generation_id):
        monkeypatch.setattr("chatapp.feed.hub.SWEEP_S", 0.01)
        hub, ear, key = Hub(), Ear(), keys.events_key(generation_id)
        hub.begin()
        quiet = asyncio.get_running_loop().time() + 0.2
        while asyncio.get_running_loop().time() < quiet:
            await hub._redis.exists(key)

        hub.join(ear, key=key, after="0-0")
        write(generation_id, ["a"])

        assert await ear.hears(key, 1) == ["1-0"]
        await hub.close()

    async def test_tells_nothing_to_one_who_left(self, hub, generation_id):
        key, gone, there = keys.events_key(generation_id), Ear(), Ear()
        hub.join(gone, key=key, after="0-0")
        hub.join(there, key=key, after="0-0")
        hub.leave(gone, key=key)

        write(generation_id, ["a"])
        await there.hears(key, 1)

        assert gone.heard == {}

    async def test_gives_deltas_before_the_facts_of_the_same_round(self, hub, generation_id):
        order: list[str] = []

        class Order(Ear):
            def hear(self, readings):
                order.extend(key.partition(":")[0] for key, _ in readings)
                super().hear(readings)

        user_id, ear = uuid4(), Order()
        feed, events = keys.feed_key(user_id), keys.events_key(generation_id)
        write(generation_id, ["a"])
        log.fact_add(user_id=user_id, fact=SocketEvicted(socket_id=uuid4()))

        hub.join(ear, key=feed, after="0-0")
        hub.join(ear, key=events, after="0-0")
        await ear.hears(feed, 1)

        assert order == ["generation", "feed"]
