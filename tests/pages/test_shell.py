"""The page that the front end lives in."""

import json
import re
from typing import Any

import pytest
from django.conf import settings

from chatapp.core.limits import MAX_TEXT_CHARS
from chatapp.pages import views
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db

MANIFEST = {
    "index.html": {
        "file": "assets/index-aaaaaaaa.js",
        "isEntry": True,
        "css": ["assets/index-bbbbbbbb.css"],
        "imports": ["_shared.js"],
    },
    "_shared.js": {"file": "assets/shared-cccccccc.js", "css": ["assets/shared-dddddddd.css"]},
}


@pytest.fixture(autouse=True)
def built_front_end(tmp_path, monkeypatch):
    """What Vite leaves behind, so that these tests need no Node."""
    manifest = tmp_path / ".vite" / "manifest.json"
    manifest.parent.mkdir()
    manifest.write_text(json.dumps(MANIFEST))
    monkeypatch.setattr(settings, "FRONTEND_DIST", tmp_path)
    views._entry.cache_clear()
    yield
    views._entry.cache_clear()


def boot(response) -> Any:
    found = re.search(r'<script id="chatapp-boot" type="application/json">(.*?)</script>', response.content.decode())
    assert found is not None
    return json.loads(found[1])


class TestShell:
    @pytest.mark.parametrize("path", ["/", "/c/01900000-0000-7000-8000-000000000000"])
    def test_sends_a_stranger_to_sign_in_and_back(self, client, path):
        response = client.get(path)

        assert response.status_code == 302
        assert response.headers["Location"] == f"/accounts/login/?next={path}"

    def test_names_every_file_of_the_front_ends_entry(self, client):
        client.force_login(make_user())

        page = client.get("/").content.decode()

        for file in ("index-aaaaaaaa.js", "shared-cccccccc.js", "index-bbbbbbbb.css", "shared-dddddddd.css"):
            assert f'"/static/app/assets/{file}"' in page

    def test_tells_the_front_end_who_signed_in(self, client):
        user = make_user(display_name="Ada </script><b>", language="zh-hans")
        client.force_login(user)

        response = client.get("/")

        assert boot(response) == {
            "id": str(user.id),
            "email": user.email,
            "display_name": "Ada </script><b>",
            "language": "zh-hans",
            "is_staff": False,
            "max_text_chars": MAX_TEXT_CHARS,
        }
        assert '<html lang="zh-Hans">' in response.content.decode()

    def test_gives_the_cookie_that_writes_need(self, client):
        client.force_login(make_user())

        assert client.get("/").cookies["csrftoken"].value

    def test_is_not_kept_by_the_browser_for_the_next_person(self, client):
        client.force_login(make_user())

        assert client.get("/").headers["Cache-Control"] == "no-store"

    def test_is_only_read(self, client):
        client.force_login(make_user())

        assert client.post("/").status_code == 405


class TestContentSecurityPolicy:
    def test_lets_the_page_load_and_tell_nothing_elsewhere(self, client):
        client.force_login(make_user())

        header = client.get("/").headers["Content-Security-Policy"]

        policy = dict(part.strip().split(" ", 1) for part in header.split(";"))
        assert policy["default-src"] == "'self'"
        assert policy["connect-src"] == "'self'"
        assert policy["object-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'"
        assert policy["form-action"] == "'self'"
        assert policy["img-src"] == "'self' data:"
        # Scripts fall back to default-src: no inline script and no eval.
        assert "script-src" not in policy
        assert "unsafe-eval" not in header

    def test_stands_on_the_sign_in_page_too(self, client):
        assert "default-src 'self'" in client.get("/accounts/login/").headers["Content-Security-Policy"]
