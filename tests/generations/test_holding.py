"""Which generation a worker gets next, and that nobody else gets it."""

from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from chatapp.generations.holding import LEASE, generation_claim, queued_in_order
from chatapp.generations.models import Generation, GenerationStatus
from tests.support.at_once import at_once
from tests.support.factories import make_conversation, make_model, make_title_generation, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
RUNNING = GenerationStatus.RUNNING


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def claim(conversation, *, worker="worker-1") -> Generation | None:
    return generation_claim(model_slug=conversation.model.slug, worker=worker, now=NOW)


def order(conversation) -> list[Generation]:
    return list(queued_in_order(model_slug=conversation.model.slug))


class TestOrder:
    def test_is_that_of_asking(self, conversation):
        rows = [make_turn(conversation, created_at=NOW + timedelta(seconds=second)) for second in (2, 0, 1)]

        assert order(conversation) == [rows[1], rows[2], rows[0]]

    def test_puts_titles_behind_every_answer(self, conversation):
        title = make_title_generation(conversation, created_at=NOW - timedelta(hours=1))
        answer = make_turn(make_conversation(make_user()))

        assert order(conversation) == [answer, title]

    def test_prefers_whoever_has_fewest_running(self, conversation):
        make_turn(conversation, status=RUNNING)
        busy = make_turn(conversation, created_at=NOW)
        idle = make_turn(make_conversation(make_user()), created_at=NOW + timedelta(minutes=1))

        assert order(conversation) == [idle, busy]

    def test_shows_only_what_waits_for_this_model(self, conversation):
        make_turn(conversation, status=GenerationStatus.COMPLETED)
        make_turn(make_conversation(make_user(), model=make_model("second")))

        assert order(conversation) == []


class TestGenerationClaim:
    def test_takes_the_next_row_with_attempt_worker_and_lease(self, conversation):
        make_turn(conversation)

        row = claim(conversation)

        row.refresh_from_db()
        assert (row.status, row.attempt, row.worker) == ("running", 1, "worker-1")
        assert (row.lease_expires_at, row.started_at) == (NOW + LEASE, NOW)

    def test_finds_nothing_where_nothing_waits(self, conversation):
        make_turn(conversation, status=RUNNING)

        assert claim(conversation) is None

    def test_gives_each_row_to_one_worker(self, conversation):
        rows = {make_turn(conversation).id, make_turn(conversation).id}

        claimed = [claim(conversation), claim(conversation)]

        assert {row.id for row in claimed} == rows
        assert claim(conversation) is None

    def test_keeps_the_time_of_the_first_start(self, conversation):
        began = NOW - timedelta(minutes=1)
        make_turn(conversation, attempt=1, started_at=began)

        row = claim(conversation)

        assert (row.attempt, row.started_at) == (2, began)


@pytest.mark.django_db(transaction=True)
class TestWorkersThatClaimAtOnce:
    def test_get_a_row_each_and_none_twice(self, conversation):
        rows = {make_turn(conversation).id for _ in range(3)}
        claims = [partial(claim, conversation, worker=f"worker-{number}") for number in range(4)]

        claimed = [row for row in at_once(*claims) if row is not None]

        assert len(claimed) == 3
        assert {row.id for row in claimed} == rows
        assert len({row.worker for row in claimed}) == 3
