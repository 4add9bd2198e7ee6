"""Static files under ASGI. Warnings are errors here, so a synchronous iterator would fail the request."""

from typing import Any

import pytest
from django.test import AsyncClient

ADMIN_FILE = "/static/admin/css/base.css"


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

    @pytest.mark.parametrize("path", ["/static/../chatapp/settings.py", "/static/%2e%2e/chatapp/settings.py"])
    async def test_outside_the_static_folders_are_not_there(self, path):
        response, _ = await fetch(path)

        assert response.status_code == 404
