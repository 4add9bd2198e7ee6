"""
PagedEngine: an engine over transformers' continuous batching, whose cache is made of pages.

Owns what crosses between callers and the batching thread: submissions, cancels, outputs, its restart after a failed
step. Scheduling, cache and forward pass are transformers'; only the choice of the token is ours, so that sampling
parameters, seeds, stop strings and continued answers mean the same as everywhere.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from transformers import ContinuousBatchingConfig, GenerationConfig, LogitsProcessorList
from transformers.generation.continuous_batching.cb_logits_processors import ContinuousBatchingLogitsProcessorList

from inference.engines.intake import DEFAULT_MAX_WAITING, PARAMETERS, Intake, IntakeEngine
from inference.engines.streams import TokenRate
from inference.errors import EngineError, ModelUnusable, StepFailed
from inference.layers.cache import CacheShape
from inference.layers.sampling import choose
from inference.models.folder import context_window_of
from inference.tokens.answer import Answer
from inference.tokens.choice import Choice
from inference.tokens.prompts import PromptEncoder
from inference.tokens.waiting import WaitingLine
from inference.types import (
    Capabilities,
    EngineKind,
    EngineStats,
    FinishReason,
    Output,
    StepChannel,
)

if TYPE_CHECKING:
    from transformers import PreTrainedModel, PreTrainedTokenizerBase

DEFAULT_NUM_SLOTS = 64
DEFAULT_MAX_PREFILL_TOKENS = 1024  # a step, beside the tokens of those that decode
_CPU_CACHE_BYTES = 3 * 2**29  # 1.5 GiB; on a GPU transformers takes 0.8 of what is free
_PAGE_TOKENS = 256  # the page that FlashAttention's kernels want


class PagedEngine(IntakeEngine):
    """
    Implements `types.Engine`.

    num_slots: requests that decode together. cache_bytes: room for keys and values of all of them; None leaves the size
    on a GPU to transformers. context_window: at most the model's; less to bound single requests.

    A request begins when the pages for its prompt and max_new_tokens are free, so a full cache never throws one out.
    Pages are not shared between requests: transformers would share them between people (docs/decisions/0017).
    Must be closed: the batching thread keeps the process alive.
    """

    def __init__(
        self,
        model: "PreTrainedModel",
        tokenizer: "PreTrainedTokenizerBase",
        *,
        num_slots: int = DEFAULT_NUM_SLOTS,
        cache_bytes: int | None = None,
        context_window: int | None = None,
        max_waiting: int = DEFAULT_MAX_WAITING,
        max_prefill_tokens: int = DEFAULT_MAX_PREFILL_TOKENS,
        reason: str = "it was asked for",
    ) -> None:
        """:raises ModelUnusable: if transformers cannot batch the model, or the cache holds not even one page."""
        text_config = model.config.get_text_config()
        encoder = PromptEncoder(tokenizer, model.generation_config)
        self._model: Any = model  # its methods for batching are mixed in without types
        self._num_slots = num_slots
        self._batching_config = ContinuousBatchingConfig(
            page_size=_PAGE_TOKENS,
            num_blocks=_num_pages(model, cache_bytes),
            max_batch_tokens=max_prefill_tokens + num_slots,
            max_requests_per_batch=num_slots,
            allow_block_sharing=False,
            safety_margin=0.0,  # pages are reserved before a request begins
            use_cuda_graph=False,  # tokens are chosen on the host's word, step by step
            use_async_batching=False,
        )
        self._rate = TokenRate()
        self._num_steps = 0
        self._num_generated_tokens = 0
        self._lock = threading.RLock()  # guards what follows
        self._max_waiting = max_waiting
        self._waiting: WaitingLine[Answer] = WaitingLine()
        self._running: dict[str, Answer] = {}  # by key: a name of our own, which no two requests ever share
        self._num_keys = 0
        self._keys_in_step: frozenset[str] = frozenset()
        self._is_closed = False
        self._manager = self._start_batching()
        self._num_pages = int(self._manager.batch_processor.cache.num_blocks)
        window = min(context_window_of(text_config.to_dict()), self._num_pages * _PAGE_TOKENS)
        self._intake = Intake(
            encoder=encoder,
            capabilities=Capabilities(EngineKind.PAGED, PARAMETERS, reason),
            context_window=min(window, context_window or window),
            vocabulary_size=int(text_config.vocab_size),
        )
        self._supervisor = threading.Thread(target=self._supervise, name="paged-engine", daemon=True)
        self._supervisor.start()

    def _queue(self, answer: Answer) -> None:
        with self._lock:
            self._refuse_unless_room(answer.request_id)
            self._waiting.add(answer)
            self._begin_waiting()

    def cancel(self, request_id: str) -> None:
        with self._lock:
            key = self._key_of(request_id)
            if key is not None:
                self._end(key, FinishReason.CANCELLED)
                self._begin_waiting()
            elif (answer := self._waiting.remove(request_id)) is not None:
                _finish(answer, FinishReason.CANCELLED)

    def stats(self) -> EngineStats:
        with self._lock:
            return EngineStats(
                num_running=len(self._running),
                num_waiting=self._num_waiting(),
                num_slots=self._num_slots,
                num_steps=self._num_steps,
                num_generated_tokens=self._num_generated_tokens,
                num_cached_tokens=sum(len(answer.job.tokens) - 1 for answer in self._running.values()),
                tokens_per_s=self._rate.per_second(self._num_generated_tokens),
            )

    def close(self) -> None:
        with self._lock:
            was_closed, self._is_closed = self._is_closed, True
            for answer in self._waiting.clear():
                _finish(answer, FinishReason.CANCELLED)
            for key in list(self._running):
                self._end(key, FinishReason.CANCELLED)
        if not was_closed:
            self._manager.stop(block=True, hard_stop=True)
            self._supervisor.join()

    def begin_step(self, keys: Sequence[str]) -> None:
        """Take note of whom the forward pass that follows touches, those whose prompt only goes on included."""
        with self._lock:
            self._num_steps += 1
            self._keys_in_step = frozenset(keys)

    def choose(self, keys: Sequence[str], logits: Tensor) -> list[int]:
        """
        Choose the next token of each request, give out what it adds, and return it; 0 for whoever is over already.

        logits: (R, V), one row a key.
        """
        with self._lock:
            live = {place: self._running[key] for place, key in enumerate(keys) if key in self._running}
            rows = [answer.sampling_row() for answer in live.values()]
        chosen = choose(logits[list(live)], rows) if live else []
        with self._lock:
            self._give_out({keys[place]: choice for place, choice in zip(live, chosen, strict=True)})
            self._keys_in_step = frozenset()
        tokens = [0] * len(keys)
        for place, choice in zip(live, chosen, strict=True):
            tokens[place] = 0 if choice is None else choice.token_id
        return tokens

    def _give_out(self, chosen: dict[str, Choice | None]) -> None:
        """Give each channel what this step made for it, all requests in one batch, then begin who waits."""
        outputs: defaultdict[StepChannel, list[Output]] = defaultdict(list)
        now_s = time.monotonic()
        for key, choice in chosen.items():
            answer = self._running.get(key)
            if answer is None:  # cancelled while its token was being chosen
                continue
            if choice is None:
                error = StepFailed.broken_logits()
                outputs[answer.channel] += self._forget(key).finish(FinishReason.ERROR, now_s=now_s, error=error)
                continue
            self._num_generated_tokens += 1
            delta, reason = answer.accept(choice, now_s=now_s)
            if delta is not None:
                outputs[answer.channel].append(delta)
            if reason is not None:
                outputs[answer.channel] += self._forget(key).finish(reason, now_s=now_s)
        self._rate.note(self._num_generated_tokens)
        for channel, made in outputs.items():
            channel.put(made)
        self._begin_waiting()

    def _begin_waiting(self) -> None:
        """Hand over those who wait, in their order, as long as slots and pages last."""
        while (answer := self._waiting.first()) is not None and self._has_room_for(answer):
            if not self._begin(answer):
                return  # the batching thread is failing; its restart comes back here
            self._waiting.take_first()

    def _has_room_for(self, answer: Answer) -> bool:
        reserved = sum(_pages_of(other) for other in self._running.values())
        return len(self._running) < self._num_slots and reserved + _pages_of(answer) <= self._num_pages

    def _begin(self, answer: Answer) -> bool:
        key = str(self._num_keys)
        accepted = self._manager.add_request(
            answer.job.tokens,
            request_id=key,
            # One more than it can get: we end every request, batching none.
            max_new_tokens=answer.job.max_tokens - len(answer.job.tokens) + 1,
            eos_token_id=[],
        )
        if accepted is None:
            return False
        self._num_keys += 1
        self._running[key] = answer
        return True

    def _holds(self, request_id: str) -> bool:
        return self._key_of(request_id) is not None or request_id in self._waiting

    def _num_waiting(self) -> int:
        return len(self._waiting)

    def _key_of(self, request_id: str) -> str | None:
        return next((key for key, answer in self._running.items() if answer.request.id == request_id), None)

    def _forget(self, key: str) -> Answer:
        """Take a request out of the batch: it is in none of the steps after the present one."""
        self._manager.cancel_request(key)
        return self._running.pop(key)

    def _end(self, key: str, reason: FinishReason, error: EngineError | None = None) -> None:
        _finish(self._forget(key), reason, error)

    def _start_batching(self) -> Any:
        """:raises ModelUnusable: if transformers cannot batch the model here."""
        try:
            manager = self._model.init_continuous_batching(
                generation_config=GenerationConfig(do_sample=False, eos_token_id=-1),  # type: ignore[no-untyped-call]
                continuous_batching_config=self._batching_config,
            )
            manager.logit_processor = _ChosenTokens(self)
            manager.warmup()  # makes the cache here and now rather than in its thread
        except (ValueError, KeyError, AttributeError, NotImplementedError, MemoryError, RuntimeError) as failure:
            raise ModelUnusable(f"transformers' continuous batching cannot run this model ({failure})") from failure
        manager.start()
        return manager

    def _supervise(self) -> None:
        """The engine's own thread: wait for batching to stop, and start it again if it failed."""
        while not self._is_closed:
            for _ in self._manager:  # ends with the batching thread; answers take another way (see `choose`)
                pass
            with self._lock:
                if not self._is_closed:
                    self._restart(self._manager.background_thread_status.fatal_error)

    def _restart(self, failure: Exception | None) -> None:
        """End whom the failed step touched, and begin the others again where they were."""
        error = StepFailed.by(failure)
        touched = self._keys_in_step or frozenset(self._running)
        survivors = [answer for key, answer in self._running.items() if key not in touched]
        for key in touched & self._running.keys():
            self._end(key, FinishReason.ERROR, error)
        self._running.clear()
        self._keys_in_step = frozenset()
        self._manager.stop(block=True)
        try:
            self._manager = self._start_batching()
        except ModelUnusable as refusal:
            self._is_closed = True
            for answer in [*survivors, *self._waiting.clear()]:
                _finish(answer, FinishReason.ERROR, refusal)
            raise  # a fault of this thread: whoever runs the engine ends the process
        for answer in survivors:
            if not self._begin(answer):
                _finish(answer, FinishReason.ERROR, error)
        self._begin_waiting()


class _ChosenTokens(ContinuousBatchingLogitsProcessorList):
    """Stands where batching keeps its logits processors: leaves possible only the tokens that the engine chose."""

    def __init__(self, engine: PagedEngine) -> None:
        super().__init__(LogitsProcessorList())
        self.do_processing = True
        self._engine = engine
        self._keys: list[str] = []

    def prepare_tensor_args(self, requests_in_batch: Sequence[Any], arg_storage: Tensor) -> Tensor:
        """Called before each forward pass, with everybody whom it touches."""
        self._engine.begin_step([future.state.request_id for future in requests_in_batch])
        self._keys = [future.state.request_id for future in requests_in_batch if future.has_new_token]
        return arg_storage

    def __call__(self, _input_ids: Tensor, scores: Tensor, _processor_args: Tensor) -> Tensor:
        """scores: (R, V); rows beyond those that get a token are of unfinished prompts and mean nothing."""
        tokens = self._engine.choose(self._keys, scores[: len(self._keys)])
        chosen = torch.full_like(scores, float("-inf"))
        chosen[range(len(tokens)), tokens] = 0.0
        return chosen


def _num_pages(model: "PreTrainedModel", cache_bytes: int | None) -> int | None:
    """:raises ModelUnusable: if not even one page fits."""
    if cache_bytes is None:
        if model.device.type == "cuda":
            return None
        cache_bytes = _CPU_CACHE_BYTES
    num_pages = cache_bytes // (_PAGE_TOKENS * CacheShape.of(model.config, dtype=model.dtype).bytes_per_token)
    if num_pages < 1:
        raise ModelUnusable(f"{cache_bytes} bytes of cache hold not one page of {_PAGE_TOKENS} tokens; give it more")
    return int(num_pages)


def _pages_of(answer: Answer) -> int:
    return -(-answer.job.max_tokens // _PAGE_TOKENS)


def _finish(answer: Answer, reason: FinishReason, error: EngineError | None = None) -> None:
    answer.channel.put(answer.finish(reason, now_s=time.monotonic(), error=error))
