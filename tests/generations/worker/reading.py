"""What the tests of the runner read of event log and rows."""

from typing import cast

from chatapp.conversations.models import Message
from chatapp.feed import keys
from chatapp.generations.models import Generation


def texts(event_log, generation) -> list[str]:
    entries = event_log.xrange(keys.events_key(generation.id))
    return [fields[b"text"].decode() for _, fields in entries if b"text" in fields]


def stored(generation) -> tuple[Generation, Message]:
    row = Generation.objects.select_related("message").get(id=generation.id)
    assert row.message is not None or row.kind == "title"
    return row, cast("Message", row.message)
