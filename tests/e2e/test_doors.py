"""Which requests and sockets come in at all, and when a socket is closed: each end has its code."""

import asyncio
import contextlib
import http.client
import json
from contextlib import AsyncExitStack

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from tests.e2e.bad_frames import closed, turn
from tests.support.client import Person
from tests.support.product import Product


class TestARequest:
    """Of nobody: it is answered before anything of it is kept."""

    @pytest.mark.parametrize("is_announced", [True, False], ids=["announced", "in chunks"])
    def test_with_a_body_that_no_form_has_is_refused_with_413(self, product: Product, is_announced):
        connection = http.client.HTTPConnection(product.address.removeprefix("http://"), timeout=60)
        with contextlib.closing(connection):
            if is_announced:
                connection.putrequest("POST", "/accounts/login/")
                connection.putheader("Content-Length", str(10**12))
                connection.endheaders()
            else:
                chunks = iter([b"x" * 16_384] * 8)
                connection.request("POST", "/accounts/login/", body=chunks, encode_chunked=True,
                                   headers={"Transfer-Encoding": "chunked"})  # fmt: skip
            answer = connection.getresponse()

            assert answer.status == 413
            assert json.loads(answer.read())["error"]["code"] == "body_too_large"


class TestASocket:
    @pytest.mark.parametrize("path", ["/ws", "/ws/v2", "/", "/ws/v1/x", "/api/v1/me"])
    async def test_at_an_address_that_has_none_is_refused(self, product: Product, path):
        with pytest.raises(InvalidStatus) as refusal:
            await connect(product.address.replace("http", "ws", 1) + path)

        assert refusal.value.response.status_code == 403

    @pytest.mark.parametrize("host", ["evil.example", "", "127.0.0.1.evil.example", "localhost@evil.example"])
    async def test_under_a_name_that_is_not_ours_is_refused(self, product: Product, person: Person, host):
        cookie = {"Cookie": f"sessionid={person.cookie('sessionid')}"}
        with pytest.raises(InvalidStatus) as refusal:
            await connect(
                product.address.replace("http", "ws", 1) + "/ws/v1",
                additional_headers={"Host": host, **cookie},
            )

        assert refusal.value.response.status_code in {400, 403}

    async def test_of_nobody_is_closed_with_4401(self, person: Person):
        async with person.socket(signed_in=False) as tab:
            assert await closed(tab) == 4401
        assert tab.frames[-1]["code"] == "not_signed_in"

    async def test_from_another_sites_page_is_closed_with_4403(self, person: Person):
        async with person.socket(origin="https://evil.example") as tab:
            assert await closed(tab) == 4403
        assert tab.frames[-1]["code"] == "origin_refused"

    async def test_whose_session_ended_refuses_the_next_turn_and_closes_with_4401(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.receive()
            await asyncio.to_thread(person.sign_out)

            refusal = await tab.command(**turn(conversation))

            assert refusal["code"] == "not_signed_in"
            assert await closed(tab) == 4401

    async def test_whose_session_runs_out_is_closed_with_4401(self, person: Person, product: Product):
        product.manage(
            "from datetime import timedelta\n"
            "from django.contrib.sessions.backends.db import SessionStore\n"
            f"session = SessionStore('{person.cookie('sessionid')}')\n"
            "session.set_expiry(2)\n"
            "session.save()\n"
        )
        async with person.socket() as tab:
            assert await closed(tab) == 4401
        assert tab.frames[-1]["code"] == "not_signed_in"

    async def test_may_be_one_of_ten_and_the_eleventh_closes_the_oldest(self, person: Person):
        conversation = person.conversation_create()
        async with AsyncExitStack() as stack:
            tabs = [await stack.enter_async_context(person.socket()) for _ in range(10)]
            for tab in tabs:
                await tab.watch(conversation)
                await tab.send({"type": "ping"})
                await tab.until(lambda frame: frame["type"] == "pong")

            eleventh = await stack.enter_async_context(person.socket())
            await eleventh.receive()

            assert await closed(tabs[0]) == 4429
            assert tabs[0].frames[-1]["code"] == "too_many_sockets"
            for tab in [*tabs[1:], eleventh]:
                await tab.send({"type": "ping"})
                await tab.until(lambda frame: frame["type"] == "pong")

    async def test_that_acknowledges_nothing_is_told_to_resync_after_256_kb(self, person: Person, product: Product):
        conversation = person.conversation_create()
        async with person.socket() as tab, person.socket() as slow:
            await tab.watch(conversation)
            slow.acks = False
            await slow.watch(conversation)
            # 48 KB each
            replies = [await tab.ask(conversation, "雨" * 16_000) for _ in range(7)]
            for reply in replies:
                await tab.finished(reply["generation_id"])

            resync = await slow.until(lambda frame: frame["type"] == "resync")

        assert resync["reason"] == "slow_reader"
        num_bytes = sum(len(frame) for frame in slow.received if b'"type":"events"' in frame)
        assert num_bytes <= 256 * 1024 * 1.1
