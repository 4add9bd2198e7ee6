"""Short ways to say what a test asks of an engine and to read what it answers."""

from collections.abc import Iterable
from typing import Any

from inference.types import (
    ChatMessage,
    Delta,
    Finish,
    GenerationRequest,
    Output,
    SamplingParameters,
    StepChannel,
)

LIMIT_S = 120.0


def ask(
    text: str, *, request_id: str = "r", prefix: str = "", cache_scope: str = "", priority: int = 0, **sampling: Any
) -> GenerationRequest:
    """A request with one user message, greedy unless the sampling parameters say otherwise."""
    return ask_messages(
        [ChatMessage("user", text)],
        request_id=request_id,
        prefix=prefix,
        cache_scope=cache_scope,
        priority=priority,
        **sampling,
    )


def ask_messages(
    messages: Iterable[ChatMessage],
    *,
    request_id: str = "r",
    prefix: str = "",
    cache_scope: str = "",
    priority: int = 0,
    **sampling: Any,
) -> GenerationRequest:
    return GenerationRequest(
        id=request_id,
        sampling=SamplingParameters(**{"max_new_tokens": 24, "temperature": 0.0, **sampling}),
        messages=tuple(messages),
        prefix=prefix,
        cache_scope=cache_scope,
        priority=priority,
    )


def text_of(outputs: Iterable[Output], request_id: str = "r") -> str:
    return "".join(output.text for output in outputs if isinstance(output, Delta) and output.request_id == request_id)


def finish_of(outputs: Iterable[Output], request_id: str = "r") -> Finish:
    [finish] = [output for output in outputs if isinstance(output, Finish) and output.request_id == request_id]
    return finish


def read_all(channel: StepChannel, *, num_requests: int) -> list[Output]:
    """Everything that a channel carries until so many requests have finished."""
    outputs: list[Output] = []
    while sum(isinstance(output, Finish) for output in outputs) < num_requests:
        batch = channel.get(timeout_s=LIMIT_S)
        if not batch:
            raise TimeoutError(f"nothing came for {LIMIT_S} s; so far: {outputs}")
        outputs.extend(batch)
    return outputs
