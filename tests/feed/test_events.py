"""Every event a client can receive, and the file by which two languages agree on them."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from chatapp.core.ids import uuid7
from chatapp.feed.events import (
    MAX_NAMED_LEFT_OUT,
    ContextReport,
    FeedEvent,
    SocketEvicted,
    Unit,
    fact_adapter,
    feed_entry_adapter,
    stream_event_adapter,
)
from tests.feed.contract import PATH, contract_text, examples

event_adapter: TypeAdapter[FeedEvent] = TypeAdapter(FeedEvent)
EXAMPLES: list[tuple[str, Any]] = list(examples())


def event_types() -> set[str]:
    """The types of the whole union, read from its JSON schema."""
    return set(event_adapter.json_schema()["discriminator"]["mapping"])


class TestContract:
    def test_file_is_what_this_code_writes(self):
        assert PATH.read_text(encoding="utf-8") == contract_text(), "rewrite it: python -m tests.feed.contract"

    def test_holds_an_example_of_every_event(self):
        assert {event.type for _, event in EXAMPLES} == event_types()

    def test_names_each_example_once(self):
        names = [name for name, _ in EXAMPLES]

        assert len(set(names)) == len(names)


class TestContextReport:
    @staticmethod
    def report(num_named: int, **fields: Any) -> ContextReport:
        ids = [uuid7() for _ in range(num_named)]
        numbers = {"num_messages": 1, "num_prompt_tokens": 9, "context_window": 2048}
        return ContextReport.model_validate({**numbers, "left_out_message_ids": ids, **fields})

    @pytest.mark.parametrize("num_named", [0, 1, MAX_NAMED_LEFT_OUT])
    def test_names_what_was_left_out_and_counts_it(self, num_named):
        report = self.report(num_named)

        assert (len(report.left_out_message_ids), report.num_left_out) == (num_named, num_named)

    def test_names_the_newest_alone_where_there_are_many(self):
        ids = [uuid7() for _ in range(MAX_NAMED_LEFT_OUT + 5)]

        report = self.report(0, left_out_message_ids=ids)

        assert report.left_out_message_ids == tuple(ids[5:])
        assert report.num_left_out == MAX_NAMED_LEFT_OUT + 5
        assert ContextReport.model_validate(report.model_dump(mode="json")) == report

    def test_keeps_a_count_that_is_greater_than_what_is_named(self):
        assert self.report(2, num_left_out=9_000).num_left_out == 9_000


class TestEvent:
    @pytest.mark.parametrize(("name", "event"), EXAMPLES)
    def test_is_the_same_after_a_journey_over_the_wire(self, name, event):
        assert event_adapter.validate_json(event.model_dump_json()) == event

    @pytest.mark.parametrize("event", [event for _, event in EXAMPLES][:5])
    def test_refuses_a_field_that_nobody_declared(self, event):
        body = {**event.model_dump(mode="json"), "more": 1}

        with pytest.raises(ValidationError, match="more"):
            event_adapter.validate_python(body)

    def test_never_changes(self):
        _, event = EXAMPLES[0]

        with pytest.raises(ValidationError, match="frozen"):
            event.type = "other"


class TestUnions:
    def test_split_the_events_between_feed_and_stream(self):
        facts = set(fact_adapter.json_schema()["discriminator"]["mapping"])
        deltas = set(stream_event_adapter.json_schema()["discriminator"]["mapping"])
        entries = set(feed_entry_adapter.json_schema()["discriminator"]["mapping"])

        assert facts | deltas == event_types()
        assert facts & deltas == set()
        assert entries == facts | {"socket.evicted"}

    def test_keep_the_socket_limit_from_the_clients(self):
        evicted = SocketEvicted(socket_id=EXAMPLES[0][1].id)

        with pytest.raises(ValidationError):
            event_adapter.validate_json(evicted.model_dump_json())


class TestUnit:
    def test_forbids_unknown_fields_in_every_shape_on_the_wire(self):
        shapes = Unit.__subclasses__()
        for shape in shapes:
            shapes += shape.__subclasses__()

        assert len(shapes) > 15
        assert all(shape.model_config["extra"] == "forbid" for shape in shapes)
