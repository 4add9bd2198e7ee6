"""Facts on their way from the transaction that makes them true to the feed."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from redis.exceptions import RedisError

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.feed import keys, log
from chatapp.feed.events import ConversationDeleted
from chatapp.feed.models import OutboxFact
from chatapp.feed.outbox import OVERDUE, RELAY_BATCH, fact_relay, fact_write, facts_relay_overdue
from tests.feed.contract import finished_example
from tests.support.fold import facts_of
from tests.support.outage import redis_gone

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def user_id():
    return uuid4()


def some_fact() -> ConversationDeleted:
    return ConversationDeleted(id=uuid7(), conversation_id=uuid4())


def left_behind(user_id, fact, *, age: timedelta = OVERDUE * 2) -> None:
    """A row whose process died between commit and relay."""
    body = fact.model_dump(mode="json")
    OutboxFact.objects.create(id=fact.id, user_id=user_id, body=body, created_at=clock.now() - age)


class TestFactWrite:
    def test_relays_after_the_commit_and_keeps_no_row(self, user_id):
        fact = some_fact()

        with transaction.atomic():
            fact_write(user_id=user_id, fact=fact)
            before = OutboxFact.objects.count(), facts_of(user_id)

        assert before == (1, [])
        assert facts_of(user_id) == [fact]
        assert not OutboxFact.objects.exists()

    def test_tells_nobody_of_what_was_rolled_back(self, user_id):
        with transaction.atomic():
            fact_write(user_id=user_id, fact=some_fact())
            transaction.set_rollback(True)

        assert facts_of(user_id) == []
        assert not OutboxFact.objects.exists()

    def test_keeps_the_order_of_writing(self, user_id):
        facts = [some_fact() for _ in range(5)]

        with transaction.atomic():
            for fact in facts:
                fact_write(user_id=user_id, fact=fact)

        assert facts_of(user_id) == facts

    def test_keeps_the_row_while_redis_does_not_answer(self, user_id):
        fact = some_fact()

        with redis_gone(), transaction.atomic():
            fact_write(user_id=user_id, fact=fact)

        assert OutboxFact.objects.get().id == fact.id
        assert facts_of(user_id) == []

    def test_rings_the_doorbell_for_the_persons_feed(self, user_id, event_log):
        fact_write(user_id=user_id, fact=some_fact())

        assert [fields for _, fields in event_log.xrange(keys.DOORBELL)] == [{b"key": keys.feed_key(user_id).encode()}]


class TestFactsRelayOverdue:
    def test_relays_what_was_left_behind_oldest_first(self, user_id):
        facts = [some_fact() for _ in range(3)]
        for fact in reversed(facts):
            left_behind(user_id, fact)

        assert facts_relay_overdue() == 3

        assert facts_of(user_id) == facts
        assert not OutboxFact.objects.exists()

    def test_leaves_what_is_still_on_its_way(self, user_id):
        left_behind(user_id, some_fact(), age=timedelta(0))

        assert facts_relay_overdue() == 0

        assert OutboxFact.objects.count() == 1
        assert facts_of(user_id) == []

    def test_takes_a_batch_at_a_time(self, user_id):
        for _ in range(RELAY_BATCH + 1):
            left_behind(user_id, some_fact())

        assert (facts_relay_overdue(), facts_relay_overdue(), facts_relay_overdue()) == (RELAY_BATCH, 1, 0)

    def test_loses_nothing_where_redis_is_still_gone(self, user_id):
        left_behind(user_id, some_fact())

        with redis_gone(), pytest.raises(RedisError):
            facts_relay_overdue()

        assert facts_relay_overdue() == 1


class TestFactRelay:
    def test_of_an_end_closes_the_generations_stream_once(self, user_id, event_log):
        fact = finished_example()
        generation_id = fact.generation.id
        log.take_over(generation_id=generation_id, attempt=2, fallback_text="", fallback_seq=2)

        fact_relay(user_id=user_id, fact=fact)
        fact_relay(user_id=user_id, fact=fact)

        ends = event_log.xrange(keys.events_key(generation_id))
        assert ends == [(b"3-0", {b"finish_reason": b"stop"})]
        assert facts_of(user_id) == [fact, fact]  # clients drop repeats by id
