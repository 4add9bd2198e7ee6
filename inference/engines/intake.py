"""
Takes requests in, for every engine.

Owns what happens before a request runs: its refusal and its encoding. Knows no model and no thread.
"""

import random
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from inference.engines.streams import ChannelStream
from inference.errors import EngineClosed, PromptTooLong, QueueFull, RequestIdInUse
from inference.requests import check_request
from inference.tokens.answer import Answer
from inference.tokens.prompts import PromptEncoder
from inference.types import OPTIONAL_PARAMETERS, Capabilities, ChatMessage, GenerationRequest, StepChannel

DEFAULT_MAX_WAITING = 512
# What whoever chooses tokens by `layers/sampling.choose` can do.
PARAMETERS = frozenset(OPTIONAL_PARAMETERS) - {"adapter"}


@dataclass(frozen=True, slots=True)
class Intake:
    """Makes an Answer of a request that the engine can serve. Thread-safe."""

    encoder: PromptEncoder
    capabilities: Capabilities
    context_window: int
    vocabulary_size: int

    def admit(self, request: GenerationRequest, channel: StepChannel) -> Answer:
        """
        :raises UnsupportedParameter: see `requests.check_request`.
        :raises PromptTooLong: the prompt and one token do not fit the context window.
        :raises ValueError: not exactly one of messages and prompt_token_ids is given.
        """
        check_request(request, capabilities=self.capabilities, vocabulary_size=self.vocabulary_size)
        prompt = self.encoder.encode(request)
        if len(prompt.token_ids) + 1 > self.context_window:
            raise PromptTooLong(num_prompt_tokens=len(prompt.token_ids), context_window=self.context_window)
        seed = request.sampling.seed
        return Answer(
            request,
            prompt,
            vocabulary=self.encoder.vocabulary,
            end_ids=self.encoder.end_ids,
            context_window=self.context_window,
            seed=random.getrandbits(63) if seed is None else seed,  # noise, no secret
            channel=channel,
            submitted_at_s=time.monotonic(),
        )


class IntakeEngine(ABC):
    """The side of an engine that its callers meet, the same for all; where an answer waits is each one's own."""

    _intake: Intake
    _max_waiting: int
    _is_closed: bool

    @property
    def capabilities(self) -> Capabilities:
        return self._intake.capabilities

    @property
    def context_window(self) -> int:
        return self._intake.context_window

    def count_prompt_tokens(self, messages: Sequence[ChatMessage]) -> int:
        return len(self._intake.encoder.encode_messages(messages))

    def submit(self, request: GenerationRequest, *, channel: StepChannel | None = None) -> ChannelStream:
        """
        Queue a request; see `types.Engine.submit` for what it raises beside these.

        :raises RequestIdInUse: a request of this id has not ended yet.
        :raises ValueError: not exactly one of messages and prompt_token_ids is given.
        """
        stream = ChannelStream(request.id, own_channel=StepChannel() if channel is None else None)
        self._queue(self._intake.admit(request, channel or stream.channel))
        return stream

    def _refuse_unless_room(self, request_id: str) -> None:
        """
        Call it with what guards the engine's state held.

        :raises EngineClosed, RequestIdInUse, QueueFull: as `submit`.
        """
        if self._is_closed:
            raise EngineClosed("the engine is closed")
        if self._holds(request_id):
            raise RequestIdInUse(request_id=request_id)
        if self._num_waiting() >= self._max_waiting:
            raise QueueFull(max_waiting=self._max_waiting)

    @abstractmethod
    def _queue(self, answer: Answer) -> None:
        """Let it wait where the engine takes it from, unless `_refuse_unless_room` refuses it."""

    @abstractmethod
    def _holds(self, request_id: str) -> bool:
        """Whether a request of this id waits or runs."""

    @abstractmethod
    def _num_waiting(self) -> int:
        """How many have not begun."""
