"""`/conversations` as a program calls it."""

import base64
import json
from uuid import uuid4

import pytest

from chatapp.conversations.models import Conversation
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_TITLE_CHARS
from chatapp.feed import log
from chatapp.generations.models import GenerationStatus
from tests.api.refusals import details, refusal
from tests.support.factories import make_answer, make_conversation, make_model, make_question, make_turn

pytestmark = pytest.mark.django_db

PATH = "/api/v1/conversations"
# Parameters are fixed: several processes must collect the same tests.
NOBODYS_ID = "01900000-0000-7000-8000-000000000000"
VIEW = {
    "id",
    "title",
    "model",
    "temperature",
    "template",
    "active_leaf_id",
    "row_version",
    "created_at",
    "updated_at",
}


@pytest.fixture
def conversation(person) -> Conversation:
    return make_conversation(person, title="Capitals", temperature=0.5)


def create(api, **body):
    return api.post(PATH, {"id": str(uuid4()), **body}, "application/json")


def patch(api, conversation, **body):
    return api.patch(f"{PATH}/{conversation.id}", body, "application/json")


class TestCreate:
    @pytest.mark.parametrize("new_id", [uuid4, uuid7])
    def test_begins_under_the_id_that_the_client_chose(self, api, person, new_id):
        conversation_id = str(new_id())

        response = create(api, id=conversation_id)

        body = response.json()
        assert response.status_code == 201
        assert set(body) == VIEW
        assert (body["id"], body["title"], body["row_version"]) == (conversation_id, "", 1)
        assert Conversation.objects.get(id=conversation_id).owner == person

    def test_of_the_same_id_returns_the_first(self, api, conversation):
        response = create(api, id=str(conversation.id), temperature=1.0)

        assert (response.status_code, response.json()["temperature"]) == (201, 0.5)

    def test_takes_model_temperature_and_template(self, api):
        make_model("second")
        template = {"slug": "translator", "version": 1, "variables": {"language": "Dutch"}}

        body = create(api, model="second", temperature=0, template=template).json()

        assert (body["model"], body["temperature"]) == ("second", 0)
        assert body["template"] == {"slug": "translator", "title": "Translator", "version": 1}

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"model": "nobody"}, (404, "model_unknown")),
            ({"temperature": 2.5}, (422, "temperature_out_of_range")),
            ({"template": {"slug": "nobody", "version": 1}}, (404, "template_unknown")),
            ({"template": {"slug": "translator", "version": 1}}, (422, "template_variable_missing")),
        ],
    )
    def test_refuses_a_bad_choice_by_its_code(self, api, body, expected):
        assert refusal(create(api, **body)) == expected
        assert not Conversation.objects.exists()

    def test_names_the_variable_that_is_missing(self, api):
        assert details(create(api, template={"slug": "translator", "version": 1})) == {"variable": "language"}

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"colour": "red"}, "colour"),
            ({"template": {"slug": "translator", "version": 1, "colour": "red"}}, "template.colour"),
            ({"id": "seven"}, "id"),
            ({"temperature": "hot"}, "temperature"),
            ({"template": {"slug": "translator", "version": 1, "variables": {"language": 7}}}, "template.variables"),
        ],
    )
    def test_names_the_field_that_cannot_be_used(self, api, body, field):
        response = create(api, **body)

        assert refusal(response) == (422, "body_invalid")
        assert field in details(response)["field"]

    @pytest.mark.parametrize("body", ["", "{", "[]", "null", '"text"'])
    def test_refuses_a_body_that_is_no_object(self, api, body):
        response = api.post(PATH, body, "application/json")

        assert refusal(response) == (422, "body_invalid")


class TestList:
    def test_has_the_newest_first_and_a_cursor_of_the_feed(self, api, person, conversation):
        newer = make_conversation(person)

        body = api.get(PATH).json()

        assert [item["id"] for item in body["items"]] == [str(newer.id), str(conversation.id)]
        assert set(body["items"][0]) == VIEW
        assert body["next_page"] is None
        assert len(body["feed"].split("-")) == 2

    def test_is_narrowed_by_a_query(self, api, person, conversation):
        make_conversation(person, title="Sorting")

        assert [item["title"] for item in api.get(PATH, {"query": "capit"}).json()["items"]] == ["Capitals"]

    def test_goes_on_page_by_page(self, api, person):
        rows = [make_conversation(person) for _ in range(5)]

        body = api.get(PATH, {"limit": 2}).json()
        found = body["items"]
        while body["next_page"] and len(found) < len(rows):
            body = api.get(PATH, {"limit": 2, "page": body["next_page"]}).json()
            found += body["items"]

        assert [item["id"] for item in found] == [str(row.id) for row in reversed(rows)]

    @pytest.mark.parametrize("page", ["x", base64.urlsafe_b64encode(b"[1]").decode()])
    def test_refuses_a_page_that_nobody_gave(self, api, page):
        assert refusal(api.get(PATH, {"page": page})) == (422, "page_unknown")

    def test_refuses_a_limit_that_is_no_number(self, api):
        response = api.get(PATH, {"limit": "many"})

        assert refusal(response) == (422, "body_invalid")
        assert details(response) == {"field": "limit"}


class TestGet:
    def test_has_the_tree_and_every_generation_with_its_text_so_far(self, api, conversation):
        ended = make_turn(conversation, status=GenerationStatus.COMPLETED)
        running = make_turn(conversation, status=GenerationStatus.RUNNING)
        log.take_over(generation_id=running.id, attempt=1, fallback_text="Be", fallback_seq=2)

        body = api.get(f"{PATH}/{conversation.id}").json()

        assert set(body) == {"feed", "conversation", "messages", "generations"}
        assert [message["role"] for message in body["messages"]] == ["user", "assistant"] * 2
        assert [(row["id"], row["text"], row["seq"]) for row in body["generations"]] == [
            (str(ended.id), "", 0),
            (str(running.id), "Be", 2),
        ]

    @pytest.mark.parametrize("path", [f"{PATH}/{NOBODYS_ID}", f"{PATH}/{NOBODYS_ID}/export"])
    def test_refuses_what_is_not_there(self, api, path):
        assert refusal(api.get(path)) == (404, "conversation_not_found")


class TestPatch:
    def test_changes_what_is_given(self, api, conversation):
        make_model("second")
        question = make_question(conversation)

        changes = {"title": " New  title ", "model": "second", "temperature": 2, "active_leaf_id": str(question.id)}
        response = patch(api, conversation, **changes)

        changed = response.json()
        assert response.status_code == 200
        assert (changed["title"], changed["model"], changed["temperature"]) == ("New title", "second", 2)
        assert (changed["active_leaf_id"], changed["row_version"]) == (str(question.id), 2)

    @pytest.mark.parametrize(
        ("body", "expected"),
        [
            ({"title": "  "}, (422, "text_empty")),
            ({"title": "x" * (MAX_TITLE_CHARS + 1)}, (422, "title_too_long")),
            ({"model": "nobody"}, (404, "model_unknown")),
            ({"temperature": -1}, (422, "temperature_out_of_range")),
            ({"active_leaf_id": str(uuid4())}, (404, "message_not_found")),
            ({"owner": "me"}, (422, "body_invalid")),
        ],
    )
    def test_refuses_a_bad_change_by_its_code(self, api, conversation, body, expected):
        assert refusal(patch(api, conversation, **body)) == expected
        conversation.refresh_from_db()
        assert (conversation.title, conversation.row_version) == ("Capitals", 1)


class TestDelete:
    def test_is_done_once(self, api, conversation):
        first = api.delete(f"{PATH}/{conversation.id}")
        second = api.delete(f"{PATH}/{conversation.id}")

        assert (first.status_code, first.content) == (204, b"")
        assert refusal(second) == (404, "conversation_not_found")
        assert not Conversation.objects.exists()


class TestExport:
    @pytest.fixture(autouse=True)
    def turn(self, conversation):
        make_answer(conversation, parent=make_question(conversation, text="Of France?"), text="巴黎")

    def test_is_json_by_default(self, api, conversation):
        response = api.get(f"{PATH}/{conversation.id}/export")

        assert response.headers["Content-Type"] == "application/json"
        name = f'attachment; filename="Capitals-{str(conversation.id)[:8]}.json"'
        assert response.headers["Content-Disposition"] == name
        assert json.loads(response.getvalue())["messages"][1]["text"] == "巴黎"

    def test_is_markdown_where_that_is_asked_for(self, api, conversation):
        response = api.get(f"{PATH}/{conversation.id}/export?format=markdown")

        assert response.headers["Content-Type"] == "text/markdown; charset=utf-8"
        assert response.headers["Content-Disposition"].endswith('.md"')
        assert response.getvalue().decode().endswith("巴黎\n")

    def test_speaks_the_persons_language_to_its_end(self, api, person, conversation):
        person.language = "zh-hans"
        person.save()

        response = api.get(f"{PATH}/{conversation.id}/export?format=markdown")

        assert "## 你" in response.getvalue().decode()

    def test_knows_no_other_format(self, api, conversation):
        response = api.get(f"{PATH}/{conversation.id}/export?format=pdf")

        assert refusal(response) == (422, "body_invalid")
        assert details(response) == {"field": "format"}
