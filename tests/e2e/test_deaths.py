"""Any process may die at any instant: nothing accepted is lost, nothing shown is lost or repeated."""

import asyncio
import os
import signal
import subprocess
from collections.abc import Iterator
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed

from chatapp.core.signs_of_life import workers_key
from chatapp.launch.configuration import CHECKOUT, DEFAULT_MODEL_SLUG
from chatapp.launch.processes import ServedModel, model_worker_process
from tests.support.client import Person, Tab
from tests.support.product import Product
from tests.support.waiting import wait_until

LONG_QUESTION = "Tell me a long story about a lighthouse keeper and the sea."


def signs(product: Product) -> set[bytes]:
    found: Any = product.redis.zrange(workers_key(DEFAULT_MODEL_SLUG), 0, -1)
    return set(found)


@pytest.fixture
def second_worker(product: Product) -> Iterator[None]:
    """Another worker of the default model, beside the supervised one."""
    process = model_worker_process(ServedModel(slug=DEFAULT_MODEL_SLUG, num_slots=4))
    arguments = [part.replace(f"{DEFAULT_MODEL_SLUG}@%h", "another@%h") for part in process.arguments]
    before = signs(product)
    worker = subprocess.Popen(
        arguments,
        cwd=CHECKOUT,
        env={**product.stack.environment, **process.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: bool(signs(product) - before), limit_s=90, what="the second worker")
    yield
    worker.terminate()
    worker.wait(timeout=30)
    product.wait_for_worker()


async def some_text(tab: Tab, generation_id: str, *, num_deltas: int = 5) -> None:
    await tab.until_event(
        lambda event: (
            event["type"] == "generation.delta"
            and event["generation_id"] == generation_id
            and event["seq"] >= num_deltas
        )
    )


def started_by(tab: Tab, product: Product, generation_id: str) -> int:
    """The pid of the worker that writes the answer: its name ends with it."""
    worker = product.manage(
        "from chatapp.generations.models import Generation\n"
        f"result = Generation.objects.get(id='{generation_id}').worker"
    )
    return int(worker.rpartition("-")[2])


class TestAModelWorkerKilledInTheMiddleOfAnAnswer:
    async def test_is_followed_by_another_that_finishes_it(self, person: Person, product: Product, second_worker):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, LONG_QUESTION)
            generation_id = reply["generation_id"]
            await some_text(tab, generation_id)
            pid = await asyncio.to_thread(started_by, tab, product, generation_id)
            shown_before = tab.texts[generation_id]

            os.kill(pid, signal.SIGKILL)
            end = await tab.finished(generation_id)

        assert end["generation"]["attempt"] == 2
        assert end["generation"]["status"] == "completed"
        assert end["message"]["text"] == tab.texts[generation_id]
        assert end["message"]["text"].startswith(shown_before)
        assert len(end["message"]["text"]) > len(shown_before)
        assert tab.seqs[generation_id] == list(range(1, end["generation"]["seq"] + 1))


class TestAWebProcessKilledInTheMiddleOfAnAnswer:
    async def test_costs_a_reconnect_and_no_text(self, person: Person, product: Product):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, LONG_QUESTION)
            generation_id = reply["generation_id"]
            await some_text(tab, generation_id)

            product.kill("web")
            with pytest.raises(ConnectionClosed):
                await tab.until(lambda _: False)
        await asyncio.to_thread(product.wait_for_web)
        async with person.socket() as again:
            snapshot = await again.watch(conversation)
            if snapshot["messages"][-1]["text"] is None:
                await again.finished(generation_id)
        stored = (await asyncio.to_thread(person.rest, "GET", f"/conversations/{conversation}")).body

        assert stored["messages"][-1]["text"].startswith(tab.texts[generation_id])
        assert stored["generations"][-1]["attempt"] == 1


class TestRedisKilledInTheMiddleOfAnAnswer:
    async def test_costs_no_text_and_the_answer_is_finished(self, person: Person, product: Product):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, LONG_QUESTION)
            generation_id = reply["generation_id"]
            await some_text(tab, generation_id)

            product.kill("redis")
            end = await tab.finished(generation_id)

        assert end["generation"]["status"] == "completed"
        assert end["message"]["text"] == tab.texts[generation_id]
