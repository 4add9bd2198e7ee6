"""
Which sockets a person has open, across all web processes, and the limit on them.

A sorted set per person by time of connecting; the one too many closes the oldest, which hears of it through the feed.
"""

from uuid import UUID

from chatapp.core.limits import MAX_SOCKETS_PER_USER
from chatapp.core.redis import redis_sync
from chatapp.feed.events import SocketEvicted
from chatapp.feed.log import fact_add

# A web process that died cannot take its sockets off the list: they age out of it.
SOCKET_KEPT_S = 12 * 60 * 60


def _key(user_id: UUID) -> str:
    return f"sockets:{user_id}"


def socket_add(*, user_id: UUID, socket_id: UUID, now_s: float) -> None:
    """Put a socket on its person's list, and close the oldest beyond the limit."""
    key = _key(user_id)
    with redis_sync().pipeline(transaction=True) as pipeline:
        pipeline.zremrangebyscore(key, "-inf", now_s - SOCKET_KEPT_S)
        pipeline.zadd(key, {str(socket_id): now_s})
        pipeline.expire(key, SOCKET_KEPT_S)
        pipeline.zrange(key, 0, -(MAX_SOCKETS_PER_USER + 1))
        pipeline.zremrangebyrank(key, 0, -(MAX_SOCKETS_PER_USER + 1))
        evicted = pipeline.execute()[3]
    for old in evicted:
        fact_add(user_id=user_id, fact=SocketEvicted(socket_id=UUID(old.decode())))


def socket_remove(*, user_id: UUID, socket_id: UUID) -> None:
    redis_sync().zrem(_key(user_id), str(socket_id))
