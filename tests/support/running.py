"""A runner at work for a test: claims rows, scripts the engine, waits for what follows."""

import threading
from collections import defaultdict
from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from chatapp.core import clock
from chatapp.feed import log
from chatapp.generations.holding import generation_claim
from chatapp.generations.models import Generation
from chatapp.generations.worker.runner import Runner
from inference.testing import ScriptedEngine
from tests.support.waiting import wait_until


class Running:
    """Each generation runs in a thread of its own, as a Celery task does."""

    def __init__(self, runner: Runner, engine: ScriptedEngine) -> None:
        self.runner, self.engine = runner, engine
        self._threads: defaultdict[UUID, list[threading.Thread]] = defaultdict(list)
        self._attempts: dict[UUID, int] = {}

    def begin(self, generation: Generation, *, wait_for_engine: bool = True) -> None:
        """Claim the row and give it to the runner; return when the engine has the request."""
        row = generation_claim(model_slug=generation.model.slug, worker="worker-1", now=clock.now())
        assert row is not None
        assert row.id == generation.id

        def run() -> None:
            try:
                self.runner.run(row)
            finally:
                connection.close()

        thread = threading.Thread(target=run, daemon=True)
        self._threads[row.id].append(thread)
        self._attempts[row.id] = row.attempt
        thread.start()
        if wait_for_engine:
            request_id = self.request_id(generation)
            wait_until(lambda: any(request.id == request_id for request in self.engine.submitted))

    def request_id(self, generation: Generation) -> str:
        """What the engine knows the newest attempt by."""
        return f"{generation.id}:{self._attempts[generation.id]}"

    def say(self, generation: Generation, text: str, *, waits: bool = True) -> None:
        """The engine gives out a delta; return when the event log has it, unless the gate keeps it."""
        before = self._logged(generation)
        self.engine.say(self.request_id(generation), text)
        if waits:
            wait_until(lambda: self._logged(generation) != before, what=f"{text!r} in the event log")

    @staticmethod
    def _logged(generation: Generation) -> str:
        live = log.live_texts([generation.id])[0]
        return live.text if live else ""

    def is_pending(self, generation: Generation) -> bool:
        """Whether text waits for the event log."""
        session = self.runner._sessions.get(self.request_id(generation))
        return session is not None and bool(session.unanswered or session.pending)

    def end(self, generation: Generation) -> None:
        """The engine comes to its end; return when the row has."""
        self.engine.end(self.request_id(generation))
        self.wait(generation)

    def wait(self, generation: Generation) -> None:
        """Return when every attempt that began has let its task end."""
        self._join(self._threads[generation.id])

    def wait_overtaken(self, generation: Generation) -> None:
        """Return when all attempts but the newest have let their tasks end."""
        *overtaken, _ = self._threads[generation.id]
        self._join(overtaken)

    @staticmethod
    def _join(threads: Sequence[threading.Thread]) -> None:
        for thread in threads:
            thread.join(timeout=30)
            assert not thread.is_alive(), "an attempt did not come to its end"

    def close(self) -> None:
        self.runner.close()
