"""Turns of a person who met rules too often."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.generations.errors import ConductThrottled
from chatapp.generations.models import Generation
from chatapp.generations.turns.services import Turn, turn_regenerate
from chatapp.review.models import Decision
from tests.support.factories import make_conversation, make_user, publish_rule, start_turn

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_user())


def publish_conduct(**fields: Any) -> None:
    options = {"num_hits": 2, "window_s": 600}
    publish_rule(action="throttle", kind="conduct", options=options, notice_en="Breathe.", **fields)


def start(conversation: Conversation, text: str = "zorbleflux") -> Turn:
    turn = start_turn(conversation, text)
    Generation.objects.filter(id=turn.generation_id).delete()  # as if answered: two at once are few
    return turn


class TestAPersonWithManyHits:
    def test_is_told_until_when_further_turns_wait(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)
        start(conversation)

        with pytest.raises(ConductThrottled) as refusal:
            start(conversation, "harmless")

        details = refusal.value.details
        first = Decision.objects.filter(action="flag").earliest("created_at")
        assert datetime.fromisoformat(details["until"]) == first.created_at + timedelta(seconds=600)
        assert 0 < details["retry_after_s"] <= 600
        assert details["notice"] == "Breathe."
        assert Message.objects.filter(role="user").count() == 2

    def test_leaves_a_decision_that_does_not_lengthen_the_pause(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)
        start(conversation)
        refusals = []
        for _ in range(2):
            with pytest.raises(ConductThrottled) as refusal:
                start(conversation, "harmless")
            refusals.append(refusal.value.details["until"])

        assert refusals[0] == refusals[1]
        decisions = Decision.objects.filter(action="throttle")
        assert [(row.stage, row.owner_id, row.message_id) for row in decisions] == [
            ("input", conversation.owner_id, None),
            ("input", conversation.owner_id, None),
        ]

    def test_cannot_have_an_answer_again_either(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)
        turn = start(conversation)

        with pytest.raises(ConductThrottled):
            turn_regenerate(owner_id=conversation.owner_id, message_id=turn.message_id, client_turn_id=uuid4())

    def test_can_write_again_when_the_hits_are_old(self, conversation, monkeypatch):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)
        start(conversation)
        later = clock.now() + timedelta(seconds=601)
        monkeypatch.setattr(clock, "now", lambda: later)

        assert Message.objects.filter(id=start(conversation, "harmless").message_id).exists()

    def test_still_gets_the_operators_answer(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_rule("wobbleglum", action="safe_completion", safe_completion_en="Call 988.")
        publish_conduct()
        start(conversation)
        start(conversation)

        turn = start(conversation, "I feel wobbleglum")

        assert Message.objects.get(id=turn.message_id).text == "Call 988."

    def test_is_no_matter_to_others(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)
        start(conversation)

        turn = start(make_conversation(make_user()), "harmless")

        assert Message.objects.filter(id=turn.message_id).exists()


class TestAPersonWithFewHits:
    def test_goes_on_and_leaves_no_decision_of_conduct(self, conversation):
        publish_rule("zorbleflux", action="flag")
        publish_conduct()
        start(conversation)

        start(conversation, "harmless")

        assert not Decision.objects.filter(action="throttle").exists()
