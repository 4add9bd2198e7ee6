"""
The runner between a scripted engine and the real log and database.

The engine alone is scripted: what it says, and when. Lease, gate, event log, writer and rows are the product's.
"""

from collections.abc import Iterator

import pytest

from chatapp.generations.models import Generation
from chatapp.generations.worker.runner import Runner
from inference.testing import ScriptedEngine
from tests.generations.worker.scripted_guard import GUARD, ScriptedGuard
from tests.moderation.judging.making import BUNDLED_ALONE
from tests.support.factories import make_conversation, make_turn, make_user
from tests.support.offering import offering
from tests.support.running import Running


@pytest.fixture
def engine() -> ScriptedEngine:
    return ScriptedEngine()


@pytest.fixture
def running(engine) -> Iterator[Running]:
    running = Running(Runner(engine=engine), engine)
    yield running
    running.close()


@pytest.fixture
def turn() -> Generation:
    return make_turn(make_conversation(make_user(), system_prompt="Be kind."))


@pytest.fixture
def guard() -> Iterator[ScriptedGuard]:
    guard = ScriptedGuard()
    with offering(BUNDLED_ALONE.serving(models={GUARD: guard})):
        yield guard
        guard.may_answer.set()
