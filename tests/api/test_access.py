"""Who may call REST v1 at all, and that one person's rows are not there for another."""

import re
from uuid import UUID

import pytest
from django.db import InterfaceError, OperationalError, connection
from django.test import Client

from chatapp.api import routes
from chatapp.conversations.models import Conversation
from tests.api.refusals import refusal
from tests.support.factories import make_conversation, make_turn, make_user
from tests.support.outage import redis_gone

pytestmark = pytest.mark.django_db

SOME_ID = UUID("01900000-0000-7000-8000-000000000000")
CALLS = [
    ("get", "/api/v1/me"),
    ("patch", "/api/v1/me"),
    ("get", "/api/v1/models"),
    ("get", "/api/v1/prompt-templates"),
    ("get", "/api/v1/conversations"),
    ("post", "/api/v1/conversations"),
    ("get", f"/api/v1/conversations/{SOME_ID}"),
    ("patch", f"/api/v1/conversations/{SOME_ID}"),
    ("delete", f"/api/v1/conversations/{SOME_ID}"),
    ("get", f"/api/v1/conversations/{SOME_ID}/window"),
    ("get", f"/api/v1/conversations/{SOME_ID}/skeleton"),
    ("get", f"/api/v1/conversations/{SOME_ID}/export"),
    ("get", f"/api/v1/generations/{SOME_ID}/place"),
    ("post", f"/api/v1/messages/{SOME_ID}/appeal"),
    ("post", f"/api/v1/decisions/{SOME_ID}/appeal"),
    ("get", f"/api/v1/decisions/{SOME_ID}/appeal"),
]


class TestStranger:
    @pytest.mark.parametrize(("method", "path"), CALLS)
    def test_is_told_to_sign_in(self, client, method, path):
        response = getattr(client, method)(path, content_type="application/json")

        assert refusal(response) == (401, "not_signed_in")

    def test_whose_account_was_closed_is_one_too(self, api, person):
        person.is_active = False
        person.save()

        assert refusal(api.get("/api/v1/me")) == (401, "not_signed_in")


class TestEveryCall:
    def test_is_in_the_list_above(self):
        declared = {
            (method, re.sub(r"\{\w+\}", str(SOME_ID), path))
            for path, item in routes.api.get_openapi_schema()["paths"].items()
            for method in item
        }

        assert declared == set(CALLS)


class TestAnotherPersonsRows:
    @pytest.fixture
    def theirs(self):
        conversation = make_conversation(make_user(), title="Theirs")
        make_turn(conversation)
        return conversation

    @pytest.mark.parametrize(
        ("method", "ending"),
        [("get", ""), ("patch", ""), ("delete", ""), ("get", "/export"), ("get", "/export?format=markdown")],
    )
    def test_are_not_there(self, api, theirs, method, ending):
        path = f"/api/v1/conversations/{theirs.id}{ending}"

        response = getattr(api, method)(path, {"title": "mine"} if method == "patch" else None, "application/json")

        assert refusal(response) == (404, "conversation_not_found")
        assert Conversation.objects.get(id=theirs.id).title == "Theirs"

    def test_of_generations_are_not_there(self, api, theirs):
        generation = theirs.generations.get()

        response = api.get(f"/api/v1/generations/{generation.id}/place")

        assert refusal(response) == (404, "generation_not_found")

    def test_do_not_show_in_the_list(self, api, theirs):
        assert api.get("/api/v1/conversations?query=theirs").json()["items"] == []

    def test_do_not_give_their_id_away_but_as_taken(self, api, theirs):
        response = api.post("/api/v1/conversations", {"id": str(theirs.id)}, "application/json")

        assert refusal(response) == (409, "id_taken")

    def test_give_no_leaf(self, api, person, theirs):
        mine = make_conversation(person)

        response = api.patch(
            f"/api/v1/conversations/{mine.id}",
            {"active_leaf_id": str(theirs.messages.first().id)},
            "application/json",
        )

        assert refusal(response) == (404, "message_not_found")


class TestWrite:
    def test_needs_the_token_of_the_page(self, person):
        client = Client(enforce_csrf_checks=True)
        client.force_login(person)

        without = client.patch("/api/v1/me", {"display_name": "Eve"}, "application/json")
        client.get("/accounts/logout/")
        token = client.cookies["csrftoken"].value
        with_it = client.patch(
            "/api/v1/me", {"display_name": "Grace"}, "application/json", headers={"X-CSRFToken": token}
        )

        person.refresh_from_db()
        assert refusal(without) == (403, "csrf_token_wrong")
        assert (with_it.status_code, person.display_name) == (200, "Grace")


class TestOutage:
    @pytest.mark.parametrize("fault", [OperationalError("database is locked"), InterfaceError("connection closed")])
    @pytest.mark.parametrize(("method", "path"), CALLS)
    def test_of_the_database_is_a_refusal_that_says_when_to_try_again(self, person, method, path, fault):
        api = Client(raise_request_exception=False)
        api.force_login(person)

        def refuse(*_: object) -> None:
            raise fault

        with connection.execute_wrapper(refuse):
            response = getattr(api, method)(path, content_type="application/json")

        assert refusal(response) == (503, "storage_unavailable")
        assert int(response.headers["Retry-After"]) > 0

    def test_of_the_event_log_is_a_refusal_that_says_try_again(self, api):
        with redis_gone():
            response = api.get("/api/v1/conversations")

        assert refusal(response) == (503, "event_log_unavailable")
