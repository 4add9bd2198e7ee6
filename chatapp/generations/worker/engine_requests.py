"""
The engine's words and ours: what a claimed generation asks of it, and what it says in return. Pure.
"""

from collections.abc import Collection, Sequence
from typing import Any

from chatapp.conversations.selectors import system_prompt_is_public
from chatapp.core.text import storable
from chatapp.feed.events import Alternative, TokenLogprob
from chatapp.generations.models import GenerationKind
from chatapp.generations.prompting.context import Context, PromptMessage
from chatapp.generations.sampling import supported
from chatapp.generations.worker.session import Session
from inference.errors import EngineError, PromptTooLong, UnsupportedParameter
from inference.types import ChatMessage, GenerationRequest, SamplingParameters
from inference.types import TokenLogprob as EngineTokenLogprob

LOWEST_LOGPROB = -9_999.0  # as OpenAI writes a token that cannot be


def chat_messages(messages: Sequence[PromptMessage]) -> tuple[ChatMessage, ...]:
    return tuple(ChatMessage(message.role, message.text) for message in messages)


def engine_request(
    session: Session, context: Context, *, prefix: str, max_new_tokens: int, parameters: Collection[str]
) -> GenerationRequest:
    """
    What the engine is asked. Of what is ours (defaults, titles behind answers), what it lacks is left out.

    parameters: those the engine has. What a program asked for goes along whatever they are: the engine refuses by name.
    """
    row = session.row
    sampling = supported(row.sampling, asked=row.asked, parameters=parameters)
    if "stop" in sampling:
        sampling["stop"] = tuple(sampling["stop"])
    is_title = row.kind == GenerationKind.TITLE
    is_public = is_title or system_prompt_is_public(row.conversation)
    has_system_prompt = context.messages[0].role == "system"
    return GenerationRequest(
        id=session.request_id,
        messages=chat_messages(context.messages),
        sampling=SamplingParameters(**{**sampling, "max_new_tokens": max_new_tokens}),
        prefix=prefix,
        priority=1 if is_title and "priority" in parameters else 0,
        cache_scope=str(row.owner_id),
        num_shared_messages=1 if has_system_prompt and is_public else 0,
    )


def token_logprobs(tokens: Sequence[EngineTokenLogprob]) -> list[TokenLogprob]:
    return [
        TokenLogprob(
            text=storable(token.text),
            logprob=_finite(token.logprob),
            alternatives=tuple(
                Alternative(text=storable(alternative.text), logprob=_finite(alternative.logprob))
                for alternative in token.alternatives
            ),
        )
        for token in tokens
    ]


def _finite(logprob: float) -> float:
    """JSON has no infinity."""
    return max(logprob, LOWEST_LOGPROB)


def error_details(error: EngineError) -> dict[str, Any] | None:
    """What the sentence about a refusal needs beside its code."""
    match error:
        case PromptTooLong():
            return {"num_prompt_tokens": error.num_prompt_tokens, "context_window": error.context_window}
        case UnsupportedParameter():
            return {"parameter": error.parameter}
        case _:
            return None
