"""Every call of REST v1 against input that nobody's page sends: an answer of ours, and never a fault."""

import json
import re

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.api.refusals import refusal
from tests.api.test_access import CALLS, SOME_ID
from tests.support.factories import make_conversation, make_template_version

pytestmark = pytest.mark.django_db

ANY_TEXT = st.text(st.characters(exclude_categories=()) | st.sampled_from("\x00\ud800\udfff"), max_size=8)
ANY_VALUE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(ANY_TEXT, inner, max_size=2),
    max_leaves=4,
)
FIELDS = ("id", "model", "temperature", "template", "title", "active_leaf_id", "language", "display_name", "words")
BODIES = st.dictionaries(st.sampled_from(FIELDS), ANY_VALUE, max_size=4)
WRITES = [(method, path) for method, path in CALLS if method in {"post", "patch"}]
HOSTILE = ("\ud800", "\x00", "a\udfffb", "\u200b", "\ufeff\u3164", "", " ")


@pytest.fixture
def conversation(person):
    return make_conversation(person)


def is_ours(response) -> bool:
    """A success, or a refusal of the declared shape."""
    return response.status_code < 400 or (
        response.status_code < 500 and set(response.json()["error"]) == {"code", "message", "details"}
    )


class TestEveryWrite:
    @pytest.mark.parametrize(("method", "path"), WRITES)
    @settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(body=BODIES)
    def test_answers_any_json(self, api, conversation, method, path, body):
        response = api.generic(
            method.upper(),
            path.replace(f"conversations/{SOME_ID}", f"conversations/{conversation.id}"),
            json.dumps(body),
            content_type="application/json",
        )

        assert is_ours(response), response.content

    @pytest.mark.parametrize(("method", "path"), WRITES)
    @pytest.mark.parametrize(
        "body", [b"", b"{", b"[" * 100_000, b'{"id": ' + b"9" * 6_000 + b"}", b"\xff\xfe", b"NaN", b"null", b'"a"'],
        ids=range(8),
    )  # fmt: skip
    def test_refuses_what_is_no_body(self, api, method, path, body):
        response = api.generic(method.upper(), path, body, content_type="application/json")

        assert is_ours(response)
        assert response.status_code in {404, 422}

    @pytest.mark.parametrize(("method", "path"), WRITES)
    def test_refuses_more_than_it_reads(self, api, method, path):
        response = api.generic(method.upper(), path, b" " * 2_700_000, content_type="application/json")

        assert refusal(response) == (413, "body_too_large")


class TestEveryString:
    @pytest.mark.parametrize("text", HOSTILE, ids=ascii)
    def test_of_a_body_can_be_stored_or_is_refused(self, api, conversation, text):
        template = make_template_version(
            text="{{ a }}", variables=[{"name": "a", "label": "A", "required": True, "default": ""}]
        )
        chosen = {"slug": template.template.slug, "version": template.version, "variables": {"a": text, text: text}}
        answers = [
            api.patch("/api/v1/me", {"display_name": text}, content_type="application/json"),
            api.patch(f"/api/v1/conversations/{conversation.id}", {"title": text}, content_type="application/json"),
            api.patch(f"/api/v1/conversations/{conversation.id}", {"model": text}, content_type="application/json"),
            api.post(
                "/api/v1/conversations", {"id": str(SOME_ID), "template": chosen}, content_type="application/json"
            ),
            api.post(f"/api/v1/decisions/{SOME_ID}/appeal", {"words": text}, content_type="application/json"),
        ]

        assert all(map(is_ours, answers)), [answer.content for answer in answers]

    @pytest.mark.parametrize("text", ["\u200b", "\ufeff\u3164", " ", "\x00"], ids=ascii)
    def test_that_nobody_can_see_is_no_title(self, api, conversation, text):
        response = api.patch(
            f"/api/v1/conversations/{conversation.id}", {"title": text}, content_type="application/json"
        )

        assert refusal(response) == (422, "text_empty")

    @pytest.mark.parametrize(
        "query", ["query=%ED%A0%80", "query=%00", "query=%FF", "page=" + "W1tbW1tb" * 30_000, "limit=" + "9" * 5_000,
                  "page=W1tbW1tbW1tbW1tbW1tbW1s=", "limit=-1", "page=%00"],
        ids=range(8),
    )  # fmt: skip
    def test_of_a_query_is_answered(self, api, query):
        assert is_ours(api.get(f"/api/v1/conversations?{query}"))


class TestWhatIsNotThere:
    @pytest.mark.parametrize(
        "path", ["/api/v1/nothing", "/api/", "/api/v2/me", f"/api/v1/conversations/{str(SOME_ID).upper()}x",
                 "/api/v1/conversations/not-an-id", "/api/v1/%00"],
    )  # fmt: skip
    def test_is_a_404_of_ours(self, api, path):
        assert refusal(api.get(path)) == (404, "not_found")

    def test_is_a_405_that_says_what_there_is(self, api):
        response = api.delete("/api/v1/me")

        assert refusal(response) == (405, "method_not_allowed")
        assert set(re.split(r", ?", response.headers["Allow"])) >= {"GET", "PATCH"}

    def test_is_told_in_the_persons_language(self, api, person):
        person.language = "zh-hans"
        person.save()

        assert "这个地址" in api.get("/api/v1/nothing").json()["error"]["message"]


class TestHead:
    @pytest.mark.parametrize("path", [path for method, path in CALLS if method == "get"])
    def test_is_get_without_its_body(self, api, path):
        got, headed = api.get(path), api.head(path)

        assert headed.status_code == got.status_code
        assert headed.headers["Content-Type"] == got.headers["Content-Type"]
        assert headed.content == b""

    @pytest.mark.parametrize("path", ["/", "/healthz"])
    def test_works_on_pages_too(self, api, path):
        assert api.head(path).status_code == 200


class TestAFault:
    def test_is_one_of_ours_too_and_tells_nothing_of_itself(self, person, monkeypatch):
        def fail(**_):
            raise RuntimeError("secret")

        monkeypatch.setattr("chatapp.api.routers.conversations.conversation_list", fail)
        client = Client(raise_request_exception=False)
        client.force_login(person)

        response = client.get("/api/v1/conversations")

        assert refusal(response) == (500, "internal_error")
        assert b"secret" not in response.content
