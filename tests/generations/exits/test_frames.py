"""Frames of a socket: every kind is known, and none carries what was withheld."""

from typing import Any, get_args

import pytest
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from chatapp.feed import keys
from chatapp.feed.events import FeedEvent
from chatapp.feed.hub import Entry
from chatapp.realtime.frames import ServerFrame
from chatapp.realtime.outlet import Outlet
from tests.generations.exits.aftermath import withheld_in

pytestmark = [pytest.mark.django_db(transaction=True)]

# What a socket is sent: text only in `events`, and there in views of rows and in deltas.
SERVER_FRAMES = frozenset({"ready", "events", "reply", "error", "resync", "pong"})
FEED_EVENTS = frozenset(
    {
        *("conversation.created", "conversation.updated", "conversation.deleted", "message.created", "message.updated"),
        *("generation.queued", "generation.started", "generation.restarted", "generation.finished"),
        *("generation.delta", "generation.ended", "appeal.updated"),
    }
)


def tags(unit: Any) -> set[str]:
    """The `type` of every unit of a union, whatever unions it is made of."""
    if isinstance(unit, type) and issubclass(unit, BaseModel):
        return {get_args(unit.model_fields["type"].annotation)[0]}
    return {tag for part in get_args(unit) if not isinstance(part, FieldInfo) for tag in tags(part)}


def entries(event_log, key: str) -> list[Entry]:
    return [Entry(entry_id.decode(), fields) for entry_id, fields in event_log.xrange(key)]


class TestFrames:
    def test_are_all_known(self):
        assert tags(ServerFrame) == SERVER_FRAMES
        assert tags(FeedEvent) == FEED_EVENTS

    def test_carry_nothing_that_was_withheld(self, after, event_log):
        outlet = Outlet(live={}, learnt="0-0")
        outlet.feed = "0-0"
        outlet.seqs = dict.fromkeys((after.masked_turn.id, after.blocked_turn.id), 0)

        events = outlet.facts(entries(event_log, keys.feed_key(after.owner.id))).send
        for generation_id in tuple(outlet.seqs):
            events += outlet.deltas(generation_id, entries(event_log, keys.events_key(generation_id)))
        frame = outlet.frame(events)

        assert frame is not None
        assert "The code is " in frame
        assert "Here is the key: " in frame
        assert withheld_in(frame) == []
