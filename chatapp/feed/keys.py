"""The names of everything the feed keeps in Redis, and for how long."""

from uuid import UUID

DOORBELL = "feed:doorbell"
# Rings kept for readers that are behind; one that is further behind reads everything it watches (hub.SWEEP_S).
DOORBELL_MAX_RINGS = 10_000

# A client that was away longer than this refetches; facts older than this are in the database alone.
FACTS_KEPT_S = 15 * 60
GENERATION_KEPT_S = 15 * 60  # after its end; never trimmed while it lives


def feed_key(user_id: UUID) -> str:
    return f"feed:{user_id}"


def events_key(generation_id: UUID) -> str:
    return f"generation:{generation_id}:events"


def state_key(generation_id: UUID) -> str:
    """Hash: attempt, seq, lease_until_ms, cancel, ended."""
    return f"generation:{generation_id}"


def text_key(generation_id: UUID) -> str:
    return f"generation:{generation_id}:text"
