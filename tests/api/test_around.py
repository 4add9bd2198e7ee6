"""`/me`, `/models`, `/prompt-templates` and `/generations/{id}/place`."""

import pytest

from chatapp.catalog.services import model_engine_report
from chatapp.core.limits import MAX_TEXT_CHARS
from chatapp.core.signs_of_life import worker_sign
from chatapp.prompts.models import PromptTemplate
from tests.api.refusals import details, refusal
from tests.support.factories import make_conversation, make_model, make_turn, make_user

pytestmark = pytest.mark.django_db

DEFAULT = "smollm2-135m-instruct"


@pytest.fixture
def in_chinese(person) -> None:
    person.language = "zh-hans"
    person.save()


class TestMe:
    def test_says_who_is_signed_in(self, api, person):
        assert api.get("/api/v1/me").json() == {
            "id": str(person.id),
            "email": person.email,
            "display_name": "Ada",
            "language": "en",
            "is_staff": False,
            "max_text_chars": MAX_TEXT_CHARS,
        }

    def test_takes_the_browsers_language_where_the_person_chose_none(self, api):
        assert api.get("/api/v1/me", headers={"Accept-Language": "zh-Hans"}).json()["language"] == "zh-hans"

    def test_changes_language_and_name_for_good(self, api, person):
        body = api.patch("/api/v1/me", {"language": "zh-hans", "display_name": " 阿达 "}, "application/json").json()

        person.refresh_from_db()
        assert (body["language"], body["display_name"]) == ("zh-hans", "阿达")
        assert (person.language, person.display_name) == ("zh-hans", "阿达")

    def test_leaves_what_is_not_given(self, api, person):
        api.patch("/api/v1/me", {"language": "zh-hans"}, "application/json")

        person.refresh_from_db()
        assert person.display_name == "Ada"

    @pytest.mark.parametrize(
        ("body", "field"),
        [
            ({"language": "fr"}, "language"),
            ({"display_name": "x" * 81}, "display_name"),
            ({"is_staff": True}, "is_staff"),
        ],
    )
    def test_refuses_by_name_what_cannot_be_changed(self, api, person, body, field):
        response = api.patch("/api/v1/me", body, "application/json")

        person.refresh_from_db()
        assert refusal(response) == (422, "body_invalid")
        assert field in details(response)["field"]
        assert not person.is_staff


class TestModels:
    def test_are_those_that_are_enabled_the_default_first(self, api):
        make_model("a-second")
        make_model("off", is_enabled=False)

        items = api.get("/api/v1/models").json()["items"]

        assert [(item["slug"], item["is_default"]) for item in items] == [(DEFAULT, True), ("a-second", False)]
        assert (items[0]["context_window"], items[0]["max_new_tokens"]) == (8192, 1024)

    def test_say_whether_a_worker_is_up(self, api):
        make_model("second")
        worker_sign(slug="second", worker="host-1", stats="{}")

        items = api.get("/api/v1/models").json()["items"]

        assert {item["slug"]: item["is_available"] for item in items} == {DEFAULT: False, "second": True}

    def test_say_which_engine_serves_them_and_what_a_turn_may_ask_of_it(self, api):
        make_model("second")
        model_engine_report(slug=DEFAULT, kind="paged", reason="there is a GPU", parameters=["top_p", "temperature"])

        engines = {item["slug"]: item["engine"] for item in api.get("/api/v1/models").json()["items"]}

        reported = {"kind": "paged", "reason": "there is a GPU", "parameters": ["temperature", "top_p"]}
        assert engines == {DEFAULT: reported, "second": None}

    def test_are_described_in_the_persons_language(self, api, in_chinese):
        (item,) = api.get("/api/v1/models").json()["items"]

        assert item["description"] == "小而快，英文为主，适合试用。"


class TestPromptTemplates:
    def test_are_the_newest_versions_of_those_that_are_published(self, api):
        PromptTemplate.objects.filter(slug="code-reviewer").update(is_published=False)

        items = {item["slug"]: item for item in api.get("/api/v1/prompt-templates").json()["items"]}

        assert set(items) == {"translator", "explain-simply"}
        assert items["translator"] == {
            "slug": "translator",
            "title": "Translator",
            "description": "Translates what you write, and nothing else.",
            "version": 1,
            "variables": [{"name": "language", "label": "Language", "required": True, "default": ""}],
        }

    def test_are_described_in_the_persons_language(self, api, in_chinese):
        titles = {item["slug"]: item["title"] for item in api.get("/api/v1/prompt-templates").json()["items"]}

        assert titles["translator"] == "翻译"


class TestPlace:
    def test_says_how_many_are_before_it_and_whether_anyone_works(self, api, person):
        make_turn(make_conversation(make_user()))
        row = make_turn(make_conversation(person))

        body = api.get(f"/api/v1/generations/{row.id}/place").json()

        assert body == {"status": "queued", "position": 2, "is_worker_available": False}
