"""What the tests of the runner read of event log and rows."""

from typing import cast

from chatapp.conversations.models import Message
from chatapp.feed import keys
from chatapp.generations.models import Generation


def dumped(event_log, key) -> list[bytes]:
    """Whatever a key of Redis holds, as bytes."""
    match event_log.type(key):
        case b"string":
            return [event_log.get(key)]
        case b"hash":
            return [part for pair in event_log.hgetall(key).items() for part in pair]
        case b"stream":
            return [part for _, fields in event_log.xrange(key) for pair in fields.items() for part in pair]
        case b"list":
            return list(event_log.lrange(key, 0, -1))
        case _:
            return []


def texts(event_log, generation) -> list[str]:
    entries = event_log.xrange(keys.events_key(generation.id))
    return [fields[b"text"].decode() for _, fields in entries if b"text" in fields]


def stored(generation) -> tuple[Generation, Message]:
    row = Generation.objects.select_related("message").get(id=generation.id)
    assert row.message is not None or row.kind == "title"
    return row, cast("Message", row.message)
