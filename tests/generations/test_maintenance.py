"""What the reaper puts right, and what it leaves alone."""

from datetime import timedelta

import pytest
from django.db import connection

from chatapp.core import clock
from chatapp.core.signs_of_life import default_worker_is_up
from chatapp.feed import keys, log
from chatapp.generations.maintenance import leases_reap, queues_top_up, reap
from chatapp.generations.models import GenerationStatus
from chatapp.generations.queue import generate_send, queue_name
from chatapp.generations.services import MAX_ATTEMPTS, conversation_remove
from tests.support.factories import make_conversation, make_model, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RUNNING = GenerationStatus.RUNNING
AGO = timedelta(seconds=1)


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def lost_its_worker(conversation, *, attempt=1):
    """A running row whose worker died: the database's lease ran out and Redis has none."""
    return make_turn(conversation, status=RUNNING, attempt=attempt, lease_expires_at=clock.now() - AGO)


class TestLeasesReap:
    def test_gives_back_what_nobody_holds(self, conversation):
        row = lost_its_worker(conversation)

        assert leases_reap() == 1

        row.refresh_from_db()
        assert (row.status, row.attempt) == ("queued", 1)

    def test_leaves_alone_what_redis_says_is_held(self, conversation):
        row = lost_its_worker(conversation)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="", fallback_seq=0)

        assert leases_reap() == 0

        row.refresh_from_db()
        assert row.status == "running"

    def test_leaves_alone_what_was_claimed_a_moment_ago(self, conversation):
        row = make_turn(conversation, status=RUNNING)

        assert leases_reap() == 0

        row.refresh_from_db()
        assert row.status == "running"

    def test_gives_back_what_a_worker_handed_over(self, conversation):
        row = lost_its_worker(conversation)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="", fallback_seq=0)
        log.lease_release(generation_id=row.id, attempt=1)

        assert leases_reap() == 1

    def test_ends_what_took_down_too_many_workers(self, conversation):
        row = lost_its_worker(conversation, attempt=MAX_ATTEMPTS)

        assert leases_reap() == 1

        row.refresh_from_db()
        assert (row.status, row.finish_reason, row.error_code) == ("failed", "error", "too_many_attempts")

    def test_tries_once_more_before_that(self, conversation):
        row = lost_its_worker(conversation, attempt=MAX_ATTEMPTS - 1)

        leases_reap()

        row.refresh_from_db()
        assert row.status == "queued"

    def test_twice_at_once_does_it_once(self, conversation):
        lost_its_worker(conversation)

        assert (leases_reap(), leases_reap()) == (1, 0)


class TestQueuesTopUp:
    def test_sends_what_is_missing_for_each_model(self, conversation, event_log):
        second = make_model("second")
        for _ in range(3):
            make_turn(conversation)
        make_turn(make_conversation(make_user(), model=second))
        generate_send(slug=conversation.model.slug)

        assert queues_top_up() == 3

        assert event_log.llen(queue_name(conversation.model.slug)) == 3
        assert event_log.llen(queue_name("second")) == 1
        assert queues_top_up() == 0

    def test_sends_nothing_where_messages_are_more_than_rows(self, conversation, event_log):
        make_turn(conversation)
        for _ in range(2):
            generate_send(slug=conversation.model.slug)

        assert queues_top_up() == 0
        assert event_log.llen(queue_name(conversation.model.slug)) == 2

    def test_sends_nothing_for_what_does_not_wait(self, conversation):
        make_turn(conversation, status=RUNNING)
        make_turn(conversation, status=GenerationStatus.COMPLETED)

        assert queues_top_up() == 0


@pytest.mark.django_db(transaction=True)
class TestReap:
    def test_does_all_of_it_and_gives_its_sign_of_life(self, conversation, event_log):
        row = lost_its_worker(conversation)

        reap()

        row.refresh_from_db()
        assert row.status == "queued"
        assert event_log.llen(queue_name(conversation.model.slug)) >= 1
        assert default_worker_is_up()

    def test_keeps_no_database_connection(self):
        reap()

        assert connection.connection is None


class TestConversationRemove:
    def test_deletes_everything_and_tells_the_worker_to_stop(self, conversation, event_log):
        running = make_turn(conversation, status=RUNNING)
        ended = make_turn(conversation, status=GenerationStatus.COMPLETED)
        log.take_over(generation_id=running.id, attempt=1, fallback_text="", fallback_seq=0)

        conversation_remove(owner_id=conversation.owner_id, conversation_id=conversation.id)

        assert not type(conversation).objects.exists()
        assert log.append_all([log.Append(running.id, 1, 0, "x")])[0].answer is log.AppendAnswer.FENCED
        assert event_log.ttl(keys.state_key(running.id)) > 0
        assert not event_log.exists(keys.state_key(ended.id))
