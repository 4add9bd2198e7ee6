"""
The event log in Redis: the only module that writes it.

Owns fencing, seq, leases and the doorbell. Knows no database and judges nothing: what is appended was released by the
output gate.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from chatapp.core.redis import redis_now_ms, redis_script, redis_sync
from chatapp.feed import keys, scripts
from chatapp.feed.events import AnyFact, SocketEvicted, TokenLogprob, logprobs_adapter

# A worker renews every 250 ms (relay.RENEW_S); six seconds of silence are a death, not a slow step.
LEASE_MS = 6_000


class AppendAnswer(StrEnum):
    APPENDED = "appended"
    FENCED = "fenced"  # another attempt, or the end, came first: drop everything
    CANCELLED = "cancelled"  # the text is in; end the generation now


@dataclass(frozen=True, slots=True)
class Append:
    """
    One generation's share of a pipeline. Empty text only renews the lease and asks for the answer.

    `base_seq` is the seq of the last append that was answered; repeating an unanswered append changes nothing.
    `num_tokens`: what the text so far took, this one's included. `logprobs` leave with the text; None = nobody asked.
    """

    generation_id: UUID
    attempt: int
    base_seq: int
    text: str
    num_tokens: int = 0
    logprobs: tuple[TokenLogprob, ...] | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    answer: AppendAnswer
    seq: int


@dataclass(frozen=True, slots=True)
class TakeOver:
    """What a new attempt begins from. `was_known` is False where Redis had no trace of the generation."""

    text: str
    seq: int
    is_cancelled: bool
    was_known: bool
    num_tokens: int = 0  # what the text took


@dataclass(frozen=True, slots=True)
class LiveText:
    """Text and seq of one moment."""

    text: str
    seq: int


class Fenced(Exception):
    """Another attempt holds the generation."""


def append_all(appends: Sequence[Append]) -> list[Appended]:
    """Append for many generations in one pipeline; answers in the same order."""
    if not appends:
        return []
    script = redis_script(scripts.APPEND)
    with redis_sync().pipeline(transaction=False) as pipeline:
        for item in appends:
            script(
                keys=[
                    keys.state_key(item.generation_id),
                    keys.events_key(item.generation_id),
                    keys.text_key(item.generation_id),
                    keys.DOORBELL,
                ],
                args=[
                    item.attempt,
                    item.text,
                    LEASE_MS,
                    keys.DOORBELL_MAX_RINGS,
                    item.base_seq,
                    item.num_tokens,
                    b"" if item.logprobs is None else logprobs_adapter.dump_json(item.logprobs),
                ],
                client=pipeline,
            )
        return [Appended(AppendAnswer(answer.decode()), int(seq)) for answer, seq in pipeline.execute()]


def take_over(
    *, generation_id: UUID, attempt: int, fallback_text: str, fallback_seq: int, fallback_num_tokens: int = 0
) -> TakeOver:
    """
    Fence every earlier attempt and read what was shown, in one moment.

    :raises Fenced: when this attempt is not newer than the one that holds the generation, or it has ended.
    """
    answer, text, seq, cancelled, known, num_tokens = redis_script(scripts.TAKE_OVER)(
        keys=[keys.state_key(generation_id), keys.text_key(generation_id), keys.events_key(generation_id)],
        args=[attempt, LEASE_MS, fallback_text, fallback_seq, fallback_num_tokens],
    )
    if answer == b"fenced":
        raise Fenced(f"generation {generation_id}: attempt {attempt} came too late")
    return TakeOver(
        text=text.decode(),
        seq=int(seq),
        is_cancelled=bool(cancelled),
        was_known=bool(known),
        num_tokens=int(num_tokens),
    )


def cancel(*, generation_id: UUID) -> None:
    """Raise the flag that the worker meets in the answer to its next append."""
    redis_script(scripts.CANCEL)(keys=[keys.state_key(generation_id)], args=[keys.GENERATION_KEPT_S])


def lease_release(*, generation_id: UUID, attempt: int) -> None:
    redis_script(scripts.RELEASE)(keys=[keys.state_key(generation_id)], args=[attempt])


def end(*, generation_id: UUID, finish_reason: str, final_seq: int) -> None:
    """Close a generation's stream after the database ended it. Repeating it does nothing."""
    redis_script(scripts.END)(
        keys=[
            keys.state_key(generation_id),
            keys.events_key(generation_id),
            keys.text_key(generation_id),
            keys.DOORBELL,
        ],
        args=[finish_reason, keys.GENERATION_KEPT_S, keys.DOORBELL_MAX_RINGS, final_seq],
    )


def fact_add(*, user_id: UUID, fact: AnyFact | SocketEvicted) -> None:
    """Put a fact into a user's feed and ring. Only the outbox and the socket limit call this."""
    redis_script(scripts.ADD_FACT)(
        keys=[keys.feed_key(user_id), keys.DOORBELL],
        args=[fact.model_dump_json(), keys.FACTS_KEPT_S, keys.DOORBELL_MAX_RINGS],
    )


def leases_expired(generation_ids: Sequence[UUID]) -> list[bool]:
    """Say for each generation whether nobody holds its lease any more."""
    if not generation_ids:
        return []
    now_ms = redis_now_ms()
    with redis_sync().pipeline(transaction=False) as pipeline:
        for generation_id in generation_ids:
            pipeline.hget(keys.state_key(generation_id), "lease_until_ms")
        found: list[Any] = pipeline.execute()
    return [until is None or int(until) < now_ms for until in found]


def live_texts(generation_ids: Sequence[UUID]) -> list[LiveText | None]:
    """
    Read text and seq of each generation, or None where Redis has no trace of it.

    One transaction, because an append between the two reads would make a pair that never was.
    """
    if not generation_ids:
        return []
    with redis_sync().pipeline(transaction=True) as pipeline:
        for generation_id in generation_ids:
            pipeline.get(keys.text_key(generation_id))
            pipeline.hget(keys.state_key(generation_id), "seq")
        found = pipeline.execute()
    return [
        None if seq is None else LiveText((text or b"").decode(), int(seq))
        for text, seq in zip(found[::2], found[1::2], strict=True)
    ]


def feed_cursor() -> str:
    """
    The place in every feed after which everything is still to come. Read it before the rows of a snapshot.

    By Redis' clock, which makes the ids: an entry of this very millisecond may be heard again, none is missed.
    """
    return f"{redis_now_ms() - 1}-0"
