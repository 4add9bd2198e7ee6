"""Asking for review over REST v1."""

import json

import pytest

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_APPEAL_CHARS
from chatapp.review.cases.services import case_claim, case_overturn
from chatapp.review.models import Appeal, ReviewCase
from tests.api.refusals import details, refusal
from tests.review.making import judged_answer, refused_input
from tests.support.factories import make_conversation, make_staff, publish_rule

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def rule():
    return publish_rule("bombast", action="block", stages=("input", "output"))


@pytest.fixture
def message(person):
    return judged_answer("Some bombast.", conversation=make_conversation(person)).message


def ask(api, path, words="It was a recipe."):
    return api.post(f"/api/v1{path}/appeal", {"words": words}, "application/json")


class TestMessageAppeal:
    def test_is_taken_and_shows_in_the_snapshot(self, api, message):
        response = ask(api, f"/messages/{message.id}")

        assert response.status_code == 201
        assert response.json() == {
            "decision_id": str(ReviewCase.objects.get().decision_id),
            "conversation_id": str(message.conversation_id),
            "message_id": str(message.id),
            "state": "waiting",
        }
        assert Appeal.objects.get().words == "It was a recipe."
        shown = api.get(f"/api/v1/conversations/{message.conversation_id}").json()["messages"]
        assert [row["appeal"] for row in shown] == ["none", "waiting"]

    def test_the_second_time_is_a_conflict(self, api, message):
        ask(api, f"/messages/{message.id}")

        response = ask(api, f"/messages/{message.id}")

        assert refusal(response) == (409, "appeal_twice")
        assert details(response) == {"state": "waiting"}

    def test_about_another_persons_message_is_not_there(self, api):
        theirs = judged_answer("Some bombast.").message

        assert refusal(ask(api, f"/messages/{theirs.id}")) == (404, "message_not_found")
        assert refusal(ask(api, f"/messages/{uuid7()}")) == (404, "message_not_found")
        assert not ReviewCase.objects.exists()

    def test_about_harmless_text_is_refused(self, api, person):
        harmless = judged_answer("Tea.", conversation=make_conversation(person)).message

        assert refusal(ask(api, f"/messages/{harmless.id}")) == (422, "nothing_to_review")

    def test_in_too_many_words_is_refused(self, api, message):
        response = ask(api, f"/messages/{message.id}", "x" * (MAX_APPEAL_CHARS + 1))

        assert refusal(response) == (422, "appeal_too_long")

    def test_with_a_field_nobody_declared_is_refused(self, api, message):
        response = api.post(f"/api/v1/messages/{message.id}/appeal", {"words": "", "more": 1}, "application/json")

        assert refusal(response) == (422, "body_invalid")


class TestDecisionAppeal:
    @pytest.fixture
    def decision(self, person):
        return refused_input("some bombast", owner=person)

    def test_is_taken_and_can_be_asked_after(self, api, decision):
        response = ask(api, f"/decisions/{decision.id}")

        assert (response.status_code, response.json()["message_id"]) == (201, None)
        case, reviewer = ReviewCase.objects.get(), make_staff("reviewer")
        case_claim(case_id=case.id, reviewer=reviewer, now=clock.now())
        case_overturn(case_id=case.id, reviewer=reviewer, reason="harmless", now=clock.now())
        assert api.get(f"/api/v1/decisions/{decision.id}/appeal").json()["state"] == "overturned"

    def test_about_another_persons_text_is_not_there(self, api):
        theirs = refused_input("some bombast")

        assert refusal(ask(api, f"/decisions/{theirs.id}")) == (404, "decision_not_found")
        assert refusal(api.get(f"/api/v1/decisions/{theirs.id}/appeal")) == (404, "appeal_not_found")

    def test_that_was_not_made_is_not_there(self, api, decision):
        assert refusal(api.get(f"/api/v1/decisions/{decision.id}/appeal")) == (404, "appeal_not_found")


class TestExport:
    def test_has_the_decisions_and_how_review_stands(self, api, message):
        ask(api, f"/messages/{message.id}")

        exported = json.loads(api.get(f"/api/v1/conversations/{message.conversation_id}/export").getvalue())
        file = api.get(f"/api/v1/conversations/{message.conversation_id}/export?format=markdown")
        text = file.getvalue().decode()

        answer = exported["messages"][1]
        assert answer["appeal"] == "waiting"
        assert [(one["action"], one["category"]) for one in answer["decisions"]] == [("block", "other")]
        assert "bombast" not in str(exported)
        assert text.endswith("> A review was asked for.\n")

    def test_tells_nothing_of_decisions_that_took_nothing_away(self, api, person):
        publish_rule("tea", action="flag", stages=("output",))
        message = judged_answer("Some tea.", conversation=make_conversation(person)).message

        exported = json.loads(api.get(f"/api/v1/conversations/{message.conversation_id}/export").getvalue())

        assert [row["decisions"] for row in exported["messages"]] == [[], []]
