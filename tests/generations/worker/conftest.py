"""
The runner between a scripted engine and the real log and database.

The engine alone is scripted: what it says, and when. Lease, gate, event log, writer and rows are the product's.
"""

from collections.abc import Iterator

import pytest

from chatapp.generations.models import Generation
from chatapp.generations.worker.runner import Runner
from chatapp.moderation.judging.classifiers import registry as known
from inference.testing import ScriptedEngine
from tests.generations.worker.scripted_guard import GUARD, ScriptedGuard
from tests.moderation.judging.classifiers.scripted import model_forget
from tests.support.factories import make_conversation, make_turn, make_user
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
    known.models_register([GUARD])
    known.model_serve(GUARD, guard)
    yield guard
    guard.may_answer.set()
    model_forget(GUARD)
