"""What the two ways to drive our own engine share."""

from uuid import uuid4

from bench.engines.protocol import TEMPERATURE, TOP_K, TOP_P, Ask, Mode
from inference.tokens import prompts
from inference.types import ChatMessage, GenerationRequest, SamplingParameters

NUM_SLOTS = 64
_FORBIDDEN = -100.0


def ignore_end_tokens() -> None:
    """Let no token end an answer, as eos_token_id=-1 does for transformers. Call it before the engine is made."""
    prompts.end_token_ids = lambda *_: frozenset()


def request_of(ask: Ask, mode: Mode) -> GenerationRequest:
    return GenerationRequest(
        id=ask.key,
        messages=tuple(ChatMessage(role, text) for role, text in ask.messages),
        sampling=SamplingParameters(
            max_new_tokens=ask.num_new_tokens,
            temperature=TEMPERATURE if mode is Mode.SAMPLED else 0.0,
            top_k=TOP_K,
            top_p=TOP_P,
            logit_bias=dict.fromkeys(ask.suppressed_ids, _FORBIDDEN),
        ),
        cache_scope=ask.scope or str(uuid4()),
    )
