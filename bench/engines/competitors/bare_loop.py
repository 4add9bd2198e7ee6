"""
Our engine's loop alone: schedule, forward pass, choice. No thread, no channel, no text.

What SlotEngine loses against this is its overhead. The only file of the benchmark that reaches behind the interface.
"""

import time
import zlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

from bench.engines.competitors.ours import NUM_SLOTS, ignore_end_tokens, request_of
from bench.engines.protocol import Arrival, Ask, Mode
from inference.engines.slot_engine import DEFAULT_CACHE_BYTES, DEFAULT_MAX_PREFILL_TOKENS
from inference.layers.cache import CacheShape
from inference.models.loading import load_model
from inference.slots.forward import ForwardPass
from inference.slots.pace import PrefillPace
from inference.slots.scheduler import Scheduler
from inference.slots.stepping import Stepper
from inference.tokens.answer import Answer
from inference.tokens.choice import Choice
from inference.tokens.prompts import PromptEncoder
from inference.types import FinishReason, Output, StepChannel


class _Silent(StepChannel):
    def put(self, outputs: Sequence[Output]) -> None:
        """Drop them: what is counted was noted when the token was chosen."""


class _Textless:
    """An Answer that takes tokens without spelling them."""

    def __init__(self, answer: Answer, arrivals: list[Arrival]) -> None:
        self._answer = answer
        self._arrivals = arrivals

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answer, name)

    def accept(self, choice: Choice, *, now_s: float) -> tuple[None, FinishReason | None]:
        job = self._answer.job
        job.tokens.append(choice.token_id)
        is_end = len(job.tokens) >= job.max_tokens
        self._arrivals.append(Arrival(self._answer.request.id, now_s, 1, is_end=is_end))
        return None, FinishReason.LENGTH if is_end else None

    def finish(self, *_: object, **__: object) -> list[Output]:
        return []


class BareLoop:
    settings = f"Stepper, Scheduler and ForwardPass of the slot engine in a plain loop, {NUM_SLOTS} slots"

    def __init__(self, model: Any, tokenizer: Any) -> None:
        max_cached_tokens = DEFAULT_CACHE_BYTES // CacheShape.of(model.config, dtype=model.dtype).bytes_per_token
        self._context_window = min(max_cached_tokens, int(model.config.max_position_embeddings))
        self._encoder = PromptEncoder(tokenizer, model.generation_config)
        scheduler = Scheduler(
            num_slots=NUM_SLOTS, max_cached_tokens=max_cached_tokens, max_prefill_tokens=DEFAULT_MAX_PREFILL_TOKENS
        )
        forward = ForwardPass(model, num_slots=NUM_SLOTS, slot_length=self._context_window)
        pace = PrefillPace(max_tokens=DEFAULT_MAX_PREFILL_TOKENS)
        self._stepper = Stepper(scheduler, forward, pace=pace, clock=time.monotonic)
        self._arrivals: list[Arrival] = []
        self._channel = _Silent()

    def submit(self, ask: Ask, mode: Mode) -> None:
        request = request_of(ask, mode)
        answer = Answer(
            request,
            self._encoder.encode(request),
            vocabulary=self._encoder.vocabulary,
            end_ids=self._encoder.end_ids,
            context_window=self._context_window,
            seed=zlib.crc32(ask.key.encode()),
            channel=self._channel,
            submitted_at_s=time.monotonic(),
        )
        self._stepper.add(cast("Answer", _Textless(answer, self._arrivals)))

    def wait(self) -> Sequence[Arrival]:
        self._stepper.step()
        arrivals = list(self._arrivals)
        self._arrivals.clear()
        return arrivals

    def cancel(self, key: str) -> None:
        raise NotImplementedError("the bare loop decodes to the end")

    def close(self) -> None:
        self._stepper.cancel_all()


def load(model_path: Path) -> BareLoop:
    ignore_end_tokens()
    return BareLoop(*load_model(model_path))
