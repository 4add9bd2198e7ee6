"""
SlotEngine: an engine whose requests share one forward pass per step, each in a slot of a preallocated cache.

Owns the engine's thread and what crosses into it: submissions, cancels, statistics. The work itself is
`slots/stepping`.
"""

import threading
import time
from typing import TYPE_CHECKING

from inference.engines.compute_thread import ComputeThread
from inference.engines.intake import DEFAULT_MAX_WAITING, PARAMETERS, Intake, IntakeEngine
from inference.engines.streams import TokenRate
from inference.errors import ModelUnusable
from inference.layers.cache import CacheShape
from inference.models.folder import context_window_of
from inference.slots.forward import ForwardPass
from inference.slots.pace import PrefillPace
from inference.slots.scheduler import Scheduler
from inference.slots.stepping import Stepper
from inference.tokens.answer import Answer
from inference.tokens.prompts import PromptEncoder
from inference.types import (
    Capabilities,
    EngineKind,
    EngineStats,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_NUM_SLOTS = 32
DEFAULT_CACHE_BYTES = 3 * 2**29  # 1.5 GiB: 32 slots of 2,184 tokens each for SmolLM2-135M in bfloat16
DEFAULT_MAX_PREFILL_TOKENS = 256  # a step that no running stream waits for; beside one, `slots/pace` decides


class SlotEngine(IntakeEngine):
    """
    Implements `types.Engine`.

    num_slots: requests that decode together. cache_bytes: room for keys and values of all slots together; a request
    reserves its prompt and max_new_tokens of it. context_window: at most the model's; less to bound single requests.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        num_slots: int = DEFAULT_NUM_SLOTS,
        cache_bytes: int = DEFAULT_CACHE_BYTES,
        context_window: int | None = None,
        max_waiting: int = DEFAULT_MAX_WAITING,
        max_prefill_tokens: int = DEFAULT_MAX_PREFILL_TOKENS,
        reason: str = "it was asked for",
        thread: ComputeThread | None = None,
    ) -> None:
        """
        thread: the one that loaded the model, so that it goes on computing there.

        :raises ModelUnusable: if the model cannot run over slots, or the cache holds not even one token.
        """
        text_config = model.config.get_text_config()
        max_cached_tokens = cache_bytes // CacheShape.of(model.config, dtype=model.dtype).bytes_per_token
        window = min(max_cached_tokens, context_window_of(text_config.to_dict()), context_window or max_cached_tokens)
        if model.device.type != "cpu":  # there every slot's whole length is memory, not address space
            window = min(window, max_cached_tokens // num_slots)
        if window < 1:
            raise ModelUnusable(f"{cache_bytes} bytes of cache hold not one token of this model; give it more")
        self._intake = Intake(
            encoder=PromptEncoder(tokenizer, model.generation_config),
            capabilities=Capabilities(EngineKind.SLOTS, PARAMETERS, reason),
            context_window=window,
            vocabulary_size=int(text_config.vocab_size),
        )
        self._num_slots = num_slots
        self._max_waiting = max_waiting
        self._scheduler = Scheduler(
            num_slots=num_slots, max_cached_tokens=max_cached_tokens, max_prefill_tokens=max_prefill_tokens
        )
        self._thread = thread or ComputeThread("slot-engine")
        forward = self._thread.call(lambda: ForwardPass(model, num_slots=num_slots, slot_length=window))
        pace = PrefillPace(max_tokens=max_prefill_tokens)
        self._stepper = Stepper(self._scheduler, forward, pace=pace, clock=time.monotonic)
        self._rate = TokenRate()
        self._wake = threading.Condition()  # guards what follows
        self._inbox: list[Answer | str] = []  # submissions, and ids to cancel, in the order in which they came
        self._is_closed = False
        self._thread.serve(self._serve)

    def _queue(self, answer: Answer) -> None:
        with self._wake:
            self._refuse_unless_room(answer.request_id)
            self._inbox.append(answer)
            self._wake.notify()

    def cancel(self, request_id: str) -> None:
        with self._wake:
            self._inbox.append(request_id)
            self._wake.notify()

    def stats(self) -> EngineStats:
        slots = self._scheduler.slots
        jobs = [slot.job for slot in slots]  # read once: the engine's thread may end a job at any moment
        return EngineStats(
            num_running=sum(job is not None for job in jobs),
            num_waiting=self._num_waiting(),
            num_slots=self._num_slots,
            num_steps=self._stepper.num_steps,
            num_generated_tokens=self._stepper.num_generated_tokens,
            num_cached_tokens=sum(
                len(slot.tokens) if job is None else job.num_computed for slot, job in zip(slots, jobs, strict=True)
            ),
            tokens_per_s=self._rate.per_second(self._stepper.num_generated_tokens),
        )

    def close(self) -> None:
        with self._wake:
            self._is_closed = True
            self._wake.notify()
        self._thread.join()

    def _holds(self, request_id: str) -> bool:
        return self._stepper.holds(request_id) or request_id in self._submitted_ids()

    def _num_waiting(self) -> int:
        return len(self._scheduler.waiting) + len(self._submitted_ids())

    def _serve(self) -> None:
        """The engine's thread: take what came in, step, and sleep only when nothing runs."""
        has_work = False
        try:
            while self._take_in(wait=not has_work):
                has_work = self._stepper.step()
                self._rate.note(self._stepper.num_generated_tokens)
        finally:  # after a fault too: nobody waits for an end that never comes
            with self._wake:
                self._is_closed = True
            self._take_in(wait=False)
            self._stepper.cancel_all()

    def _take_in(self, *, wait: bool) -> bool:
        """Move submissions and cancels to the stepper; False once the engine is closed."""
        with self._wake:
            while wait and not (self._inbox or self._is_closed):
                self._wake.wait()
            for entry in self._inbox:
                if isinstance(entry, Answer):
                    self._stepper.add(entry)
                else:
                    self._stepper.cancel(entry)
            self._inbox.clear()
            return not self._is_closed

    def _submitted_ids(self) -> list[str]:
        return [entry.request.id for entry in list(self._inbox) if isinstance(entry, Answer)]
