"""An answer that is masked, one that is blocked, and a title."""

from collections.abc import Iterator

import pytest

from chatapp.generations.worker.runner import Runner
from inference.testing import ScriptedEngine
from tests.generations.exits.aftermath import Aftermath
from tests.support.running import Running


@pytest.fixture
def running() -> Iterator[Running]:
    engine = ScriptedEngine()
    running = Running(Runner(engine=engine), engine)
    yield running
    running.close()


@pytest.fixture
def after(running) -> Aftermath:
    return Aftermath(running)
