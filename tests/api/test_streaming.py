"""An answer that leaves while the rest of it is read."""

from collections.abc import Iterator

import pytest
from django.core.handlers.asgi import ASGIRequest
from django.test import AsyncRequestFactory, RequestFactory
from django.utils.translation import get_language, override

from chatapp.api import streaming

PIECES = ["Tides ", "turn ", "", "twice ", "a ", "day."]


@pytest.fixture(autouse=True)
def short_sheaves(monkeypatch):
    monkeypatch.setattr(streaming, "SHEAF_CHARS", 8)


def streamed(request, pieces: Iterator[str]):
    return streaming.streamed(request, pieces, content_type="text/plain")


def asynchronous() -> ASGIRequest:
    return AsyncRequestFactory().get("/")


async def sheaves_of(response) -> list[str]:
    return [sheaf.decode() async for sheaf in response]


class TestStreamed:
    async def test_joins_pieces_until_they_are_worth_sending(self):
        sheaves = await sheaves_of(streamed(asynchronous(), iter(PIECES)))

        assert [sheaf for sheaf in sheaves if sheaf] == ["Tides turn ", "twice a ", "day."]

    async def test_reads_no_further_than_it_sends(self):
        taken: list[str] = []

        def pieces() -> Iterator[str]:
            for piece in PIECES:
                taken.append(piece)
                yield piece

        response = streamed(asynchronous(), pieces())

        async for _ in response:
            break

        assert taken == PIECES[:2]

    async def test_speaks_the_language_that_was_spoken_when_it_was_asked_for(self):
        with override("zh-hans"):
            response = streamed(asynchronous(), (get_language() or "" for _ in range(3)))

        assert set("".join(await sheaves_of(response)).split("zh-hans")) == {""}
        assert get_language() != "zh-hans"

    def test_is_the_same_where_the_server_is_not_asynchronous(self):
        response = streamed(RequestFactory().get("/"), iter(PIECES))

        assert response.getvalue() == b"Tides turn twice a day."
