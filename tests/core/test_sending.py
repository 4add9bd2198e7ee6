"""Tasks that are sent by name, through a real broker and through none."""

import json

import pytest
from celery import Celery
from django.db import transaction
from structlog.testing import capture_logs

from chatapp.core import sending
from chatapp.core.sending import task_send_after_commit
from chatapp.launch.ports import find_free_port

pytestmark = pytest.mark.django_db(transaction=True)


def names_in(event_log, queue):
    return [json.loads(message)["headers"]["task"] for message in event_log.lrange(queue, 0, -1)]


class TestTaskSendAfterCommit:
    def test_sends_once_the_rows_are_there(self, event_log):
        with transaction.atomic():
            task_send_after_commit("a.task")
            before = names_in(event_log, "default")

        assert (before, names_in(event_log, "default")) == ([], ["a.task"])

    def test_sends_to_the_queue_that_is_named(self, event_log):
        task_send_after_commit("a.task", args=["words"], queue="another")

        assert names_in(event_log, "another") == ["a.task"]
        assert names_in(event_log, "default") == []

    def test_sends_nothing_where_the_transaction_rolls_back(self, event_log):
        with transaction.atomic():
            task_send_after_commit("a.task")
            transaction.set_rollback(True)

        assert names_in(event_log, "default") == []

    def test_warns_where_the_broker_is_away_and_goes_on(self, monkeypatch):
        monkeypatch.setattr(sending, "app", Celery(broker=f"redis://127.0.0.1:{find_free_port()}/0"))

        with capture_logs() as logs:
            task_send_after_commit("a.task", queue="another")

        assert [(line["event"], line["task"], line["queue"]) for line in logs] == [
            ("task_not_sent", "a.task", "another")
        ]
