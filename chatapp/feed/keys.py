"""The names of everything the feed keeps in Redis, and for how long."""

from uuid import UUID

DOORBELL = "feed:doorbell"
# Rings kept for readers that are behind; one that is further behind reads everything it watches (hub.SWEEP_S).
DOORBELL_MAX_RINGS = 10_000

# A client that was away longer than this refetches; facts older than this are in the database alone.
FACTS_KEPT_S = 15 * 60
GENERATION_KEPT_S = 15 * 60  # after its end; never trimmed while it lives


_FEED = "feed:"
_GENERATION, _EVENTS = "generation:", ":events"


def feed_key(user_id: UUID) -> str:
    return f"{_FEED}{user_id}"


def is_feed_key(key: str) -> bool:
    """Whether a stream that is watched holds a person's facts; every other one holds a generation's deltas."""
    return key.startswith(_FEED)


def events_key(generation_id: UUID) -> str:
    return f"{_GENERATION}{generation_id}{_EVENTS}"


def generation_of_events_key(key: str) -> UUID:
    """:raises ValueError: for any other key."""
    if not (key.startswith(_GENERATION) and key.endswith(_EVENTS)):
        raise ValueError(f"not the stream of a generation's deltas: {key!r}")
    return UUID(key.removeprefix(_GENERATION).removesuffix(_EVENTS))


def state_key(generation_id: UUID) -> str:
    """Hash: attempt, seq, lease_until_ms, cancel, ended."""
    return f"{_GENERATION}{generation_id}"


def text_key(generation_id: UUID) -> str:
    return f"{_GENERATION}{generation_id}:text"
