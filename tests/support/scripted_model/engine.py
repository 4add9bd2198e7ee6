"""
An engine that answers each question by itself, as answers.py says.

At a hold it waits for a file of the hold's name, so that a test can let it go on whatever has died meanwhile.
"""

import contextlib
import threading
from pathlib import Path

from inference.engines.streams import ChannelStream
from inference.errors import StepFailed
from inference.testing import ScriptedEngine
from inference.types import FinishReason, GenerationRequest, StepChannel
from tests.support.scripted_model.answers import Hold, answer_to, pieces
from tests.support.waiting import wait_until

HOLD_LIMIT_S = 300.0  # longer than any test waits for what comes behind a hold


class TalkingEngine(ScriptedEngine):
    """holds: the folder where a file lets the hold of its name go on."""

    def __init__(self, *, context_window: int, holds: Path) -> None:
        super().__init__(context_window=context_window)
        self._holds = holds

    def submit(self, request: GenerationRequest, *, channel: StepChannel | None = None) -> ChannelStream:
        stream = super().submit(request, channel=channel)
        threading.Thread(target=self._answer, args=(request,), name=request.id, daemon=True).start()
        return stream

    def _answer(self, request: GenerationRequest) -> None:
        with contextlib.suppress(KeyError):  # it was cancelled: nobody is there for the rest
            for piece in pieces(answer_to(request.messages), prefix=request.prefix):
                if isinstance(piece, Hold):
                    self._wait(request.id, piece)
                else:
                    self.say(request.id, piece)
            self.end(request.id)

    def _wait(self, request_id: str, hold: Hold) -> None:
        """Return when the test lets it go on, or the request has ended."""
        path = self._holds / hold.name
        try:
            wait_until(lambda: path.exists() or not self.is_open(request_id), limit_s=HOLD_LIMIT_S)
        except TimeoutError:
            self.end(request_id, FinishReason.ERROR, error=StepFailed(f"no test let it go on behind {hold}"))
