"""
Passes one answer's text through its gate, and its log-probabilities behind it. Pure.

What comes of a piece is a value that whoever writes the answer takes in, so that the gate may stand in another thread
than the one that writes: a rule may ask a model, and the others' text must not wait for that.
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.core.text import storable
from chatapp.feed.events import TokenLogprob
from chatapp.generations.worker.logprobs import LogprobTrail
from chatapp.moderation.judging.gate import GateStep, OutputGate


@dataclass(frozen=True, slots=True)
class JudgedPiece:
    """What the gate made of a piece of text, or of its end. blocked: nothing follows."""

    step: GateStep
    logprobs: tuple[TokenLogprob, ...]
    blocked: bool
    latency_us: int


class TextJudge:
    """One thread at a time, whichever it is. trail: only where log-probabilities are asked for."""

    def __init__(self, gate: OutputGate, trail: LogprobTrail | None = None) -> None:
        self.gate, self.trail = gate, trail

    def feed(self, text: str, logprobs: Sequence[TokenLogprob] = ()) -> JudgedPiece:
        began_ns = time.perf_counter_ns()
        text = storable(text)  # byte-level vocabularies can spell NUL
        step = self.gate.feed(text)
        if self.trail is not None:
            self.trail.read(text, logprobs)
        return self._judged(step, began_ns)

    def finish(self) -> JudgedPiece:
        """The text is over."""
        began_ns = time.perf_counter_ns()
        return self._judged(self.gate.finish(), began_ns)

    def _judged(self, step: GateStep, began_ns: int) -> JudgedPiece:
        logprobs = () if self.trail is None else self.trail.leaving(self.gate)
        return JudgedPiece(step, logprobs, self.gate.blocked, (time.perf_counter_ns() - began_ns) // 1000)
