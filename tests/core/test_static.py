"""Static files under ASGI. Warnings are errors here, so a synchronous iterator would fail the request."""

import gzip
from typing import Any

import pytest
from django.test import AsyncClient

ADMIN_FILE = "/static/admin/css/base.css"
ADMIN_FONT = "/static/unfold/fonts/inter/Inter-Medium.woff2"


async def fetch(path: str, **headers: str) -> tuple[Any, bytes]:
    """The whole answer, read as Daphne reads it."""
    response: Any = await AsyncClient().get(path, headers=headers)
    if not response.streaming:
        return response, response.content
    return response, b"".join([part async for part in response])


class TestStaticFiles:
    async def test_are_served_whole_from_where_packages_keep_them(self):
        response, body = await fetch(ADMIN_FILE)

        assert response.status_code == 200
        assert response.headers["Content-Type"].startswith("text/css")
        assert len(body) == int(response.headers["Content-Length"]) > 1_000

    async def test_are_not_sent_again_to_who_has_them(self):
        first, _ = await fetch(ADMIN_FILE)

        again, body = await fetch(ADMIN_FILE, if_modified_since=first.headers["Last-Modified"])

        assert again.status_code == 304
        assert body == b""

    async def test_are_compressed_for_who_understands_that(self):
        plain, body = await fetch(ADMIN_FILE)
        packed, packed_body = await fetch(ADMIN_FILE, accept_encoding="gzip, deflate")

        assert packed.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(packed_body) == body
        assert int(packed.headers["Content-Length"]) == len(packed_body) < len(body) / 2
        # A cache between must not give the one to who asked for the other.
        assert plain.headers["Vary"] == packed.headers["Vary"] == "Accept-Encoding"
        assert "Content-Encoding" not in plain.headers

    async def test_are_left_as_they_are_where_compressing_gains_nothing(self):
        response, _ = await fetch("/static/admin/img/sorting-icons.svg", accept_encoding="gzip")
        font, _ = await fetch(ADMIN_FONT, accept_encoding="gzip")

        assert response.status_code == font.status_code == 200
        assert "Content-Encoding" not in font.headers

    async def test_in_part_are_sent_as_asked_for(self):
        _, body = await fetch(ADMIN_FILE)

        response, part = await fetch(ADMIN_FILE, accept_encoding="gzip", range="bytes=10-2999")

        assert (response.status_code, part) == (206, body[10:3000])

    @pytest.mark.parametrize("path", ["/static/../chatapp/settings.py", "/static/%2e%2e/chatapp/settings.py"])
    async def test_outside_the_static_folders_are_not_there(self, path):
        response, _ = await fetch(path)

        assert response.status_code == 404
