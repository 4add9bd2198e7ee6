"""A runner at work for a test: claims rows, scripts the engine, waits for what follows."""

import threading

from django.db import connection

from chatapp.core import clock
from chatapp.feed import log
from chatapp.generations.models import Generation
from chatapp.generations.runner import Runner
from chatapp.generations.services import generation_claim
from inference.testing import ScriptedEngine
from tests.support.waiting import wait_until


class Running:
    """Each generation runs in a thread of its own, as a Celery task does."""

    def __init__(self, runner: Runner, engine: ScriptedEngine) -> None:
        self.runner, self.engine = runner, engine
        self._threads: dict[str, threading.Thread] = {}

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
        self._threads[str(generation.id)] = thread
        thread.start()
        if wait_for_engine:
            wait_until(lambda: any(request.id == str(generation.id) for request in self.engine.submitted))

    def say(self, generation: Generation, text: str, *, waits: bool = True) -> None:
        """The engine gives out a delta; return when the event log has it, unless the gate keeps it."""
        before = self._logged(generation)
        self.engine.say(str(generation.id), text)
        if waits:
            wait_until(lambda: self._logged(generation) != before, what=f"{text!r} in the event log")

    @staticmethod
    def _logged(generation: Generation) -> str:
        live = log.live_texts([generation.id])[0]
        return live.text if live else ""

    def is_pending(self, generation: Generation) -> bool:
        """Whether text waits for the event log."""
        session = self.runner._sessions[str(generation.id)]
        return bool(session.unanswered or session.pending)

    def end(self, generation: Generation) -> None:
        """The engine comes to its end; return when the row has."""
        self.engine.end(str(generation.id))
        self.wait(generation)

    def wait(self, generation: Generation) -> None:
        thread = self._threads[str(generation.id)]
        thread.join(timeout=30)
        assert not thread.is_alive(), "the generation did not come to its end"

    def close(self) -> None:
        self.runner.close()
