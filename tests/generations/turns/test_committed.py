"""A turn at its commit: two sockets at once, a rollback, a broker that is down."""

from collections.abc import Callable
from uuid import uuid4

import pytest
from celery import Celery
from django.db import transaction

from chatapp.conversations.models import Message
from chatapp.core import sending
from chatapp.feed.models import OutboxFact
from chatapp.generations.maintenance import queues_top_up
from chatapp.generations.models import Generation
from chatapp.generations.queue import queue_name
from chatapp.generations.turns.services import Turn, turn_regenerate
from chatapp.launch.ports import find_free_port
from tests.support.at_once import at_once
from tests.support.factories import make_answer, make_conversation, make_question, make_user, publish_rule, start_turn
from tests.support.fold import fact_types
from tests.support.outage import redis_gone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]

NUM_SOCKETS = 4


@pytest.fixture
def conversation():
    return make_conversation(make_user())


@pytest.fixture
def queued_tasks(conversation, event_log):
    return lambda: event_log.llen(queue_name(conversation.model.slug))


def from_every_socket(call: Callable[[], Turn]) -> list[Turn]:
    return at_once(*[call] * NUM_SOCKETS)


def start(conversation, *, client_id=None, text="Why?") -> Turn:
    return start_turn(conversation, text, client_id=client_id)


class TestSameTurnFromSeveralSocketsAtOnce:
    def test_is_one_turn_and_each_socket_hears_of_it(self, conversation, queued_tasks):
        client_id = uuid4()

        turns = from_every_socket(lambda: start(conversation, client_id=client_id))

        assert len(set(turns)) == 1
        assert (Message.objects.count(), Generation.objects.count(), queued_tasks()) == (2, 1, 1)

    def test_is_one_regeneration(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))
        client_id = uuid4()

        turns = from_every_socket(
            lambda: turn_regenerate(owner_id=conversation.owner_id, message_id=answer.id, client_turn_id=client_id)
        )

        assert len(set(turns)) == 1
        assert Generation.objects.count() == 1


class TestDifferentTurnsAtOnce:
    def test_are_all_stored(self, conversation, queued_tasks):
        publish_rule("why", action="flag")

        turns = from_every_socket(lambda: start(conversation))

        assert len(set(turns)) == Generation.objects.count() == queued_tasks() == NUM_SOCKETS


class TestTask:
    def test_goes_out_after_the_commit_and_the_facts_with_it(self, conversation, queued_tasks):
        with transaction.atomic():
            start(conversation)
            before = queued_tasks(), fact_types(conversation.owner_id)

        assert before == (0, [])
        assert queued_tasks() == 1
        assert fact_types(conversation.owner_id) == [
            "message.created",
            "message.created",
            "conversation.updated",
            "generation.queued",
        ]

    def test_is_not_sent_and_no_fact_either_where_the_transaction_rolls_back(self, conversation, queued_tasks):
        with transaction.atomic():
            start(conversation)
            transaction.set_rollback(True)

        assert queued_tasks() == 0
        assert fact_types(conversation.owner_id) == []
        assert not OutboxFact.objects.exists()


class TestOutage:
    def test_of_the_broker_loses_no_turn_and_the_reaper_sends_its_task(self, conversation, queued_tasks, monkeypatch):
        with monkeypatch.context() as patched:
            patched.setattr(sending, "app", Celery(broker=f"redis://127.0.0.1:{find_free_port()}/0"))
            start(conversation)
            left = queued_tasks()

        num_sent = queues_top_up()

        assert (left, num_sent, queued_tasks()) == (0, 1, 1)
        assert Generation.objects.get().status == "queued"

    def test_of_the_event_log_loses_no_turn_and_keeps_its_facts(self, conversation):
        with redis_gone():
            start(conversation)

        assert Message.objects.count() == 2
        assert OutboxFact.objects.count() == 4
        assert fact_types(conversation.owner_id) == []
