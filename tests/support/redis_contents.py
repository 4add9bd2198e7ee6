"""What a key of Redis holds, whatever its type: for tests that look for what must not be there."""


def contents(event_log, key: bytes) -> list[bytes]:
    """Whatever a key holds."""
    match event_log.type(key):
        case b"string":
            return [event_log.get(key)]
        case b"hash":
            return [part for pair in event_log.hgetall(key).items() for part in pair]
        case b"stream":
            return [part for _, fields in event_log.xrange(key) for pair in fields.items() for part in pair]
        case b"list":
            return list(event_log.lrange(key, 0, -1))
        case b"set":
            return list(event_log.smembers(key))
        case b"zset":
            return list(event_log.zrange(key, 0, -1))
        case other:
            raise AssertionError(f"nobody reads {other!r} here")
