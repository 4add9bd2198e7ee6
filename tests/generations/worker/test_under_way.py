"""Which sessions a worker has under way. Pure; no Redis, no database."""

from uuid import UUID

import pytest

from chatapp.core.ids import uuid7
from chatapp.generations.models import Generation
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.text_judge import TextJudge
from chatapp.generations.worker.under_way import SessionsUnderWay
from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from tests.moderation.judging.making import BUNDLED_ALONE


def make_session(generation_id: UUID, *, attempt: int) -> Session:
    return Session(
        Generation(id=generation_id, attempt=attempt),
        TextJudge(OutputGate(CompiledRuleset(1, (), BUNDLED_ALONE))),
        "",
        0,
    )


@pytest.fixture
def under_way() -> SessionsUnderWay:
    return SessionsUnderWay()


class TestSessionsUnderWay:
    def test_keep_two_attempts_at_one_generation_apart(self, under_way):
        generation_id = uuid7()
        first, second = (make_session(generation_id, attempt=attempt) for attempt in (1, 2))
        under_way.add(first)
        under_way.add(second)

        under_way.remove(first)

        assert under_way.get(first.request_id) is None
        assert under_way.get(second.request_id) is second
        assert under_way.all() == [second]

    def test_say_which_attempts_a_newer_one_overtakes(self, under_way):
        generation_id = uuid7()
        first, second = (make_session(generation_id, attempt=attempt) for attempt in (1, 2))
        under_way.add(make_session(uuid7(), attempt=1))

        assert under_way.add(first) == []
        assert under_way.add(second) == [first]

    def test_never_let_a_late_attempt_overtake_a_newer_one(self, under_way):
        generation_id = uuid7()
        under_way.add(make_session(generation_id, attempt=2))

        assert under_way.add(make_session(generation_id, attempt=1)) == []

    def test_bear_to_lose_one_twice(self, under_way):
        session = make_session(uuid7(), attempt=1)
        under_way.add(session)

        under_way.remove(session)
        under_way.remove(session)

        assert under_way.all() == []
