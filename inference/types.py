"""
The interface of an engine, as plain values.

Owns what goes into an engine and what comes out of it. Knows no tensor and no model, so that whoever submits requests
need not import torch.
"""

import queue
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Literal, Protocol

from inference.errors import EngineError

Role = Literal["system", "user", "assistant"]


class FinishReason(StrEnum):
    """Why an engine ended a request."""

    STOP = "stop"  # an end token or a stop string
    LENGTH = "length"  # max_new_tokens or the model's context window
    CANCELLED = "cancelled"
    ERROR = "error"


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """One message of the prompt; the tokenizer's chat template formats it."""

    role: Role
    text: str


class EngineKind(StrEnum):
    """The engines there are; `engines/choosing.load_engine` chooses between them."""

    SLOTS = "slots"  # all requests in one forward pass over a preallocated cache
    PAGED = "paged"  # transformers' continuous batching
    GENERATE = "generate"  # transformers' generate, one request at a time


@dataclass(frozen=True, slots=True)
class Capabilities:
    """
    What an engine can do. A request beyond it is refused by the parameter's name before it is queued.

    parameters: names of fields of SamplingParameters and GenerationRequest; see `OPTIONAL_PARAMETERS`.
    reason: why this engine serves the model, one sentence for whoever runs it.
    """

    kind: EngineKind
    parameters: frozenset[str]
    reason: str


# What a request may ask for beyond messages (or prompt_token_ids) and max_new_tokens, which every engine takes.
OPTIONAL_PARAMETERS = (
    "temperature", "top_k", "top_p", "min_p", "repetition_penalty", "frequency_penalty", "presence_penalty", "seed",
    "logit_bias", "stop", "num_logprobs", "prefix", "priority", "adapter",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class SamplingParameters:
    """How the next token is chosen. The defaults switch every filter off."""

    max_new_tokens: int
    temperature: float = 1.0  # 0 = greedy
    top_k: int = 0  # 0 = off
    top_p: float = 1.0  # 1 = off
    min_p: float = 0.0  # 0 = off
    repetition_penalty: float = 1.0  # 1 = off
    frequency_penalty: float = 0.0
    presence_penalty: float = 0.0
    seed: int | None = None
    logit_bias: Mapping[int, float] = field(default_factory=dict)
    stop: tuple[str, ...] = ()
    num_logprobs: int | None = None  # None = none, 0 = the chosen token's, n = also the top n


@dataclass(frozen=True, slots=True)
class GenerationRequest:
    """One answer to compute. Exactly one of `messages` and `prompt_token_ids` is given."""

    id: str
    sampling: SamplingParameters
    messages: tuple[ChatMessage, ...] = ()
    prompt_token_ids: tuple[int, ...] = ()
    prefix: str = ""  # the answer already begun; what is generated continues it and is not repeated
    priority: int = 0  # lower is served first
    adapter: str | None = None
    # A prompt's KV cache is reused only between requests of equal scope: whoever may not read another's conversation
    # must not learn from the time to the first token what it holds. The first `num_shared_messages` are public (a
    # published template's), so their part of the cache is reused in every scope; of a prompt in tokens, the first
    # `num_shared_tokens` are.
    cache_scope: str = ""
    num_shared_messages: int = 0
    num_shared_tokens: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    num_prompt_tokens: int
    num_completion_tokens: int
    num_cached_prompt_tokens: int = 0  # of the prompt's, those whose KV was already there


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds since the request was submitted; None = it never came to that."""

    first_token_s: float | None
    total_s: float


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the most probable tokens at a place. `text` holds U+FFFD where the token is half a character."""

    text: str
    logprob: float


@dataclass(frozen=True, slots=True)
class TokenLogprob:
    """
    Natural logarithms of what the model itself gave: before temperature, penalties, biases and filters.

    text: what the token spells, as in Alternative. alternatives: the top n, best first; the chosen one may be among
    them.
    """

    text: str
    logprob: float
    alternatives: tuple[Alternative, ...] = ()


@dataclass(frozen=True, slots=True)
class Delta:
    """
    The text that one step added to one request. Never empty, never half a character.

    logprobs: if the request asked for them, one for each token whose text ends in this delta or in one before it and
    was not reported yet.
    """

    request_id: str
    text: str
    num_tokens: int
    logprobs: tuple[TokenLogprob, ...] = ()


@dataclass(frozen=True, slots=True)
class Finish:
    """The last output of a request; `error` is set exactly when the reason is ERROR."""

    request_id: str
    finish_reason: FinishReason
    usage: Usage
    timings: Timings
    error: EngineError | None = None


Output = Delta | Finish


@dataclass(frozen=True, slots=True)
class EngineStats:
    """A reading of the engine. `num_steps` counts every forward pass since the start, prefill chunks included."""

    num_running: int
    num_waiting: int
    num_slots: int
    num_steps: int
    num_generated_tokens: int
    num_cached_tokens: int  # KV entries now held in slots
    tokens_per_s: float  # over the last few seconds


class StepChannel:
    """
    Carries what each engine step gave out to one reader.

    Several requests may share a channel: then one `get` returns a step's outputs for all of them, in the order in
    which they were made. Unbounded, because the engine must never wait for its reader.
    """

    def __init__(self) -> None:
        self._batches: queue.SimpleQueue[Sequence[Output]] = queue.SimpleQueue()

    def put(self, outputs: Sequence[Output]) -> None:
        self._batches.put(outputs)

    def get(self, *, timeout_s: float) -> Sequence[Output]:
        """Return the outputs of the next step, or an empty sequence when `timeout_s` passes without one."""
        try:
            return self._batches.get(timeout=timeout_s)
        except queue.Empty:
            return ()


class Stream(Protocol):
    """The outputs of one request, in order; ends after its Finish."""

    @property
    def request_id(self) -> str: ...

    def __iter__(self) -> "Stream": ...

    def __next__(self) -> Output: ...


class Engine(Protocol):
    """What every engine does. Thread-safe."""

    @property
    def capabilities(self) -> Capabilities: ...

    @property
    def context_window(self) -> int:
        """Tokens that prompt and answer may have together."""
        ...

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        """Tokens of the formatted prompt, the opening of the answer included."""
        ...

    def submit(self, request: GenerationRequest, *, channel: StepChannel | None = None) -> Stream:
        """
        Queue a request. With a channel its outputs go there and the returned stream stays empty.

        :raises UnsupportedParameter: the engine cannot do what a parameter asks (names the parameter).
        :raises PromptTooLong: the prompt and one token do not fit the context window (names both numbers).
        :raises QueueFull: too many requests wait already.
        :raises EngineClosed: after `close`.
        """
        ...

    def cancel(self, request_id: str) -> None:
        """End a request within one step with FinishReason.CANCELLED. Unknown or ended ids are ignored."""
        ...

    def stats(self) -> EngineStats: ...

    def close(self) -> None:
        """End every request with CANCELLED and stop the engine's thread."""
        ...
