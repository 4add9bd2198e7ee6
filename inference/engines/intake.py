"""
Takes requests in, for every engine.

Owns what happens before a request runs: its refusal, its encoding, its place in the line. Knows no model and no thread;
whoever shares a WaitingLine between threads locks it.
"""

import heapq
import itertools
import random
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from inference.engines.streams import ChannelStream
from inference.errors import PromptTooLong, QueueFull
from inference.requests import check_request
from inference.tokens.answer import Answer
from inference.tokens.prompts import PromptEncoder
from inference.types import OPTIONAL_PARAMETERS, Capabilities, ChatMessage, GenerationRequest, StepChannel

DEFAULT_MAX_WAITING = 512
# What whoever chooses tokens by `sampling.choose` can do.
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

    @abstractmethod
    def _queue(self, answer: Answer) -> None:
        """:raises EngineClosed, RequestIdInUse, QueueFull: as `submit`."""


class WaitingLine:
    """Answers that have not begun, by priority and then by arrival."""

    def __init__(self, *, max_waiting: int) -> None:
        self._max_waiting = max_waiting
        self._arrivals = itertools.count()
        self._heap: list[tuple[int, int, Answer]] = []

    def __len__(self) -> int:
        return len(self._heap)

    def __contains__(self, request_id: str) -> bool:
        return any(answer.request.id == request_id for _, _, answer in self._heap)

    def add(self, answer: Answer) -> None:
        """:raises QueueFull: if so many wait already."""
        if len(self._heap) >= self._max_waiting:
            raise QueueFull(max_waiting=self._max_waiting)
        heapq.heappush(self._heap, (answer.request.priority, next(self._arrivals), answer))

    def first(self) -> Answer | None:
        return self._heap[0][2] if self._heap else None

    def take_first(self) -> Answer | None:
        return heapq.heappop(self._heap)[2] if self._heap else None

    def remove(self, request_id: str) -> Answer | None:
        for entry in self._heap:
            if entry[2].request.id == request_id:
                self._heap.remove(entry)
                heapq.heapify(self._heap)
                return entry[2]
        return None

    def clear(self) -> list[Answer]:
        """Empty the line; return who stood in it."""
        answers = [answer for _, _, answer in self._heap]
        self._heap.clear()
        return answers
