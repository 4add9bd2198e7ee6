"""
GenerateEngine: an engine over transformers' `generate`, one request at a time.

Serves what no other engine can: encoder-decoder models, and architectures whose attention no cache of ours fits. The
model computes exactly as its authors wrote it; only the choice of the token is ours, so that sampling parameters,
seeds, stop strings and continued answers mean the same as everywhere.
"""

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import GenerationConfig

from inference.engines.compute_thread import ComputeThread
from inference.engines.intake import DEFAULT_MAX_WAITING, PARAMETERS, Intake, IntakeEngine
from inference.engines.streams import TokenRate
from inference.errors import EngineError, ModelUnusable, StepFailed
from inference.layers.sampling import choose
from inference.models.folder import context_window_of
from inference.tokens.answer import Answer
from inference.tokens.prompts import prompt_encoder_for
from inference.tokens.waiting import WaitingLine
from inference.types import (
    Capabilities,
    EngineKind,
    EngineStats,
    FinishReason,
    Output,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


class GenerateEngine(IntakeEngine):
    """
    Implements `types.Engine`.

    context_window: at most the model's; less to bound single requests. An encoder-decoder model's holds the prompt,
    which the encoder reads, and the answer together, as any other's.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        context_window: int | None = None,
        max_waiting: int = DEFAULT_MAX_WAITING,
        reason: str = "it was asked for",
        thread: ComputeThread | None = None,
    ) -> None:
        """
        thread: the one that loaded the model, so that it goes on computing there.

        :raises ModelUnusable: if the tokenizer cannot be used (see PromptEncoder).
        """
        window = context_window_of(model.config.get_text_config().to_dict())
        self._model: Any = model  # its methods for generation are mixed in without types
        self._intake = Intake(
            encoder=prompt_encoder_for(model, tokenizer),
            capabilities=Capabilities(EngineKind.GENERATE, PARAMETERS, reason),
            context_window=min(window, context_window or window),
            vocabulary_size=int(model.config.get_text_config().vocab_size),
        )
        # A model's own settings would be mixed into every request; of them only what begins an answer is kept.
        own = model.generation_config
        self._start_id = own.decoder_start_token_id if own.decoder_start_token_id is not None else own.bos_token_id
        if model.config.is_encoder_decoder and self._start_id is None:
            raise ModelUnusable("the model names no token that begins its answers; choose another revision")
        end_ids = self._intake.encoder.end_ids
        model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
            decoder_start_token_id=self._start_id,
            forced_bos_token_id=own.forced_bos_token_id,
            pad_token_id=own.pad_token_id if own.pad_token_id is not None else min(end_ids, default=0),
        )
        self._rate = TokenRate()
        self._num_steps = 0
        self._num_generated_tokens = 0
        self._changed = threading.Condition(threading.RLock())  # guards what follows
        self._max_waiting = max_waiting
        self._waiting: WaitingLine[Answer] = WaitingLine()
        self._running: Answer | None = None
        self._is_closed = False
        self._thread = thread or ComputeThread("generate-engine")
        self._thread.serve(self._serve)

    def _queue(self, answer: Answer) -> None:
        with self._changed:
            self._refuse_unless_room(answer.request_id)
            self._waiting.add(answer)
            self._changed.notify()

    def cancel(self, request_id: str) -> None:
        with self._changed:
            answer = self._running if self._is_running(request_id) else self._waiting.remove(request_id)
            if answer is not None:
                self._end(answer, FinishReason.CANCELLED)

    def stats(self) -> EngineStats:
        with self._changed:
            running = self._running
            return EngineStats(
                num_running=int(running is not None),
                num_waiting=self._num_waiting(),
                num_slots=1,
                num_steps=self._num_steps,
                num_generated_tokens=self._num_generated_tokens,
                num_cached_tokens=len(running.job.tokens) - 1 if running else 0,
                tokens_per_s=self._rate.per_second(self._num_generated_tokens),
            )

    def close(self) -> None:
        with self._changed:
            self._is_closed = True
            for answer in [*self._waiting.clear(), *([self._running] if self._running else [])]:
                self._end(answer, FinishReason.CANCELLED)
            self._changed.notify()
        self._thread.join()

    def _serve(self) -> None:
        """The engine's thread: one answer after another."""
        while (answer := self._next()) is not None:
            try:
                self._generate(answer)
            except StepFailed as failure:
                self._fail(answer, failure)
            except Exception as failure:  # noqa: BLE001  # whatever a model raises ends its request, never the engine
                self._fail(answer, StepFailed.by(failure))

    def _next(self) -> Answer | None:
        """Wait for an answer to begin and make it the running one; None once the engine is closed."""
        with self._changed:
            while not (self._waiting or self._is_closed):
                self._changed.wait()
            self._running = self._waiting.take_first()
            return self._running

    def _generate(self, answer: Answer) -> None:
        prompt, begun = list(answer.prompt_ids), list(answer.answer_ids)
        if self._model.config.is_encoder_decoder:
            inputs = {"decoder_input_ids": self._tensor([self._start_id, *begun])}  # (1, T)
        else:
            inputs = {}
            prompt += begun
        with torch.inference_mode():
            self._model.generate(
                input_ids=self._tensor(prompt),  # (1, T)
                attention_mask=torch.ones_like(self._tensor(prompt)),
                generation_config=self._generation_config(answer),
                logits_processor=[_Choice(self, answer)],
                stopping_criteria=[_Ending(self, answer)],
                **inputs,
            )

    def choose(self, answer: Answer, logits: Tensor) -> int | None:
        """
        Choose an answer's next token from logits (1, V) and give out what it adds; None if the answer is over.

        :raises StepFailed: if the logits are broken.
        """
        [choice] = choose(logits, [answer.sampling_row()])
        with self._changed:
            self._num_steps += 1
            if not self.is_running(answer):
                return None
            if choice is None:
                raise StepFailed.broken_logits()
            self._num_generated_tokens += 1
            self._rate.note(self._num_generated_tokens)
            delta, reason = answer.accept(choice, now_s=time.monotonic())
            outputs: list[Output] = [] if delta is None else [delta]
            if reason is not None:
                self._end(answer, reason, after=outputs)
            elif outputs:
                answer.channel.put(outputs)
            return choice.token_id

    def is_running(self, answer: Answer) -> bool:
        return self._running is answer

    def _holds(self, request_id: str) -> bool:
        return self._is_running(request_id) or request_id in self._waiting

    def _num_waiting(self) -> int:
        return len(self._waiting)

    def _is_running(self, request_id: str) -> bool:
        return self._running is not None and self._running.request.id == request_id

    def _fail(self, answer: Answer, error: EngineError) -> None:
        with self._changed:
            if self.is_running(answer):
                self._end(answer, FinishReason.ERROR, error=error)

    def _end(
        self, answer: Answer, reason: FinishReason, *, after: Sequence[Output] = (), error: EngineError | None = None
    ) -> None:
        """Put the last outputs, and forget the answer: `generate` sees that after the token it is at."""
        answer.channel.put([*after, *answer.finish(reason, now_s=time.monotonic(), error=error)])
        if self.is_running(answer):
            self._running = None

    def _generation_config(self, answer: Answer) -> GenerationConfig:
        return GenerationConfig(  # type: ignore[no-untyped-call]
            max_new_tokens=answer.job.max_tokens - len(answer.job.tokens), do_sample=False, num_beams=1
        )

    def _tensor(self, token_ids: Sequence[int]) -> Tensor:
        return torch.tensor([token_ids], dtype=torch.long, device=self._model.device)


class _Choice:
    """A logits processor for `generate`: leaves possible only the token that the engine chose."""

    def __init__(self, engine: GenerateEngine, answer: Answer) -> None:
        self._engine = engine
        self._answer = answer

    def __call__(self, _input_ids: Tensor, scores: Tensor) -> Tensor:
        """scores: (1, V)."""
        token_id = self._engine.choose(self._answer, scores)
        if token_id is None:
            return scores
        chosen = torch.full_like(scores, float("-inf"))
        chosen[0, token_id] = 0.0
        return chosen


class _Ending:
    """A stopping criterion for `generate`: ends it with the answer."""

    def __init__(self, engine: GenerateEngine, answer: Answer) -> None:
        self._engine = engine
        self._answer = answer

    def __call__(self, input_ids: Tensor, _scores: Tensor, **_: object) -> Tensor:
        is_over = not self._engine.is_running(self._answer)
        return torch.full((input_ids.shape[0],), is_over, dtype=torch.bool, device=input_ids.device)
