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
from chatapp.launch.configuration import CHECKOUT
from tests.support.client import Person
from tests.support.product import HEALTHY_LIMIT_S, SCRIPTED, Product, scripted_worker_process
from tests.support.scripted_model.answers import Hold, story
from tests.support.waiting import wait_until


def signs(product: Product) -> set[bytes]:
    found: Any = product.redis.zrange(workers_key(SCRIPTED.slug), 0, -1)
    return set(found)


@pytest.fixture
def second_worker(product: Product) -> Iterator[None]:
    """Another worker of the same model, beside the supervised one."""
    process = scripted_worker_process()
    arguments = [part.replace(f"{SCRIPTED.slug}@%h", "another@%h") for part in process.arguments]
    before = signs(product)
    worker = subprocess.Popen(
        arguments,
        cwd=CHECKOUT,
        env={**product.stack.environment, **process.environment},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_until(lambda: bool(signs(product) - before), limit_s=HEALTHY_LIMIT_S, what="the second worker")
    yield
    worker.terminate()
    worker.wait(timeout=60)
    product.wait_for_worker(SCRIPTED.slug)


def started_by(product: Product, generation_id: str) -> int:
    """The pid of the worker that writes the answer: its name ends with it."""
    worker = product.manage(
        "from chatapp.generations.models import Generation\n"
        f"result = Generation.objects.get(id='{generation_id}').worker"
    )
    return int(worker.rpartition("-")[2])


class TestAModelWorkerKilledInTheMiddleOfAnAnswer:
    async def test_is_followed_by_another_that_finishes_it(
        self, person: Person, product: Product, hold: Hold, second_worker
    ):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, story(hold))
            generation_id = reply["generation_id"]
            await tab.some_text(generation_id)
            pid = await asyncio.to_thread(started_by, product, generation_id)
            shown_before = tab.texts[generation_id]

            os.kill(pid, signal.SIGKILL)
            product.let_go(hold)
            end = await tab.finished(generation_id)

        assert end["generation"]["attempt"] == 2
        assert end["generation"]["status"] == "completed"
        assert end["message"]["text"] == tab.texts[generation_id]
        assert end["message"]["text"].startswith(shown_before)
        assert len(end["message"]["text"]) > len(shown_before)
        assert tab.seqs[generation_id] == list(range(1, end["generation"]["seq"] + 1))


class TestAWebProcessKilledInTheMiddleOfAnAnswer:
    async def test_costs_a_reconnect_and_no_text(self, person: Person, product: Product, hold: Hold):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, story(hold))
            generation_id = reply["generation_id"]
            await tab.some_text(generation_id)

            product.kill("web")
            with pytest.raises(ConnectionClosed):
                await tab.until(lambda _: False)
        await asyncio.to_thread(product.wait_for_web)
        async with person.socket() as again:
            snapshot = await again.watch(conversation)
            product.let_go(hold)
            await again.finished(generation_id)
        stored = (await asyncio.to_thread(person.rest, "GET", f"/conversations/{conversation}")).body

        assert snapshot["messages"][-1]["text"] is None
        assert stored["messages"][-1]["text"] == again.texts[generation_id]
        assert stored["messages"][-1]["text"].startswith(tab.texts[generation_id])
        assert stored["generations"][-1]["attempt"] == 1


class TestRedisKilledInTheMiddleOfAnAnswer:
    async def test_costs_no_text_and_the_answer_is_finished(self, person: Person, product: Product, hold: Hold):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, story(hold))
            generation_id = reply["generation_id"]
            await tab.some_text(generation_id)

            product.kill("redis")
            product.let_go(hold)
            end = await tab.finished(generation_id)

        assert end["generation"]["status"] == "completed"
        assert end["message"]["text"] == tab.texts[generation_id]
