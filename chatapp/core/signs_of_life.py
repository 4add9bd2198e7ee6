"""
Signs of life in Redis: which model workers are up, and whether the default worker and beat are. Owns their keys.

Knows no model's row and no process. The launcher may import nothing of ours and spells the keys that it reads itself
(`launch/health.py`).
"""

from collections.abc import Sequence

from chatapp.core.redis import NOW_MS, redis_script, redis_sync

# Renewed every WORKER_SIGN_S; three missed signs and people are told that they wait for a worker.
WORKER_SIGN_S = 1.0
WORKER_SIGN_KEPT_S = 4
# The reaper runs every 2 s, behind whatever else the default worker does.
DEFAULT_WORKER_SIGN_KEPT_S = 15

# Beat told the default worker to reap, and it did: both are up.
DEFAULT_WORKER_KEY = "workers:default"

# KEYS workers stats · ARGV worker stats kept_ms
# Who stopped signing is dropped by who still signs. Both keys go with the last sign of all.
_SIGN = (
    NOW_MS
    + """
local now = now_ms()
redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[1])
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
for _, gone in ipairs(redis.call('ZRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - ARGV[3]))) do
  redis.call('ZREM', KEYS[1], gone)
end
for _, name in ipairs(redis.call('HKEYS', KEYS[2])) do
  if not redis.call('ZSCORE', KEYS[1], name) then redis.call('HDEL', KEYS[2], name) end
end
redis.call('PEXPIRE', KEYS[1], ARGV[3])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return 1
"""
)

# KEYS workers … · ARGV kept_ms. Returns for each how many signed lately.
_COUNT = (
    NOW_MS
    + """
local since = string.format('(%.0f', now_ms() - ARGV[1])
local counts = {}
for index, key in ipairs(KEYS) do counts[index] = redis.call('ZCOUNT', key, since, '+inf') end
return counts
"""
)


def workers_key(slug: str) -> str:
    """Sorted set: the workers of a model by the time of their last sign, in milliseconds of Redis' clock."""
    return f"workers:model:{slug}"


def stats_key(slug: str) -> str:
    """Hash: what the engine of each of these workers counted, as JSON."""
    return f"workers:model:{slug}:stats"


def worker_sign(*, slug: str, worker: str, stats: str) -> None:
    """Say that a model worker is up; `stats` is a JSON object for whoever looks after it."""
    redis_script(_SIGN)(keys=[workers_key(slug), stats_key(slug)], args=[worker, stats, WORKER_SIGN_KEPT_S * 1000])


def worker_sign_off(*, slug: str, worker: str) -> None:
    with redis_sync().pipeline(transaction=True) as pipeline:
        pipeline.zrem(workers_key(slug), worker)
        pipeline.hdel(stats_key(slug), worker)
        pipeline.execute()


def worker_is_available(*, slug: str) -> bool:
    return workers_available([slug])[slug]


def workers_available(slugs: Sequence[str]) -> dict[str, bool]:
    """Say for each model whether a worker of it is up. One question for all."""
    if not slugs:
        return {}
    counts = redis_script(_COUNT)(keys=[workers_key(slug) for slug in slugs], args=[WORKER_SIGN_KEPT_S * 1000])
    return {slug: count > 0 for slug, count in zip(slugs, counts, strict=True)}


def default_worker_sign() -> None:
    """Say that the default worker did what beat told it."""
    redis_sync().set(DEFAULT_WORKER_KEY, "up", ex=DEFAULT_WORKER_SIGN_KEPT_S)


def default_worker_is_up() -> bool:
    return bool(redis_sync().exists(DEFAULT_WORKER_KEY))
