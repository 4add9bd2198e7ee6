"""What `turn.start` may carry, and how a delta with log-probabilities reaches a socket. Pure."""

import json
from typing import Any
from uuid import uuid4

import pytest

from chatapp.feed.events import TokenLogprob, logprobs_adapter
from chatapp.feed.hub import Entry
from chatapp.realtime.errors import FrameMalformed, FrameUnknownField
from chatapp.realtime.frames import TurnStart
from chatapp.realtime.outlet import Outlet
from chatapp.realtime.parsing import frame_parse


def turn_start_frame(**fields: Any) -> str:
    about = {
        "type": "turn.start",
        "request_id": "1",
        "conversation_id": str(uuid4()),
        "parent_id": None,
        "client_message_id": str(uuid4()),
        "text": "Why?",
    }
    return json.dumps({**about, **fields})


class TestTurnStart:
    def test_needs_no_sampling(self):
        frame = frame_parse(text=turn_start_frame(), binary=None)

        assert isinstance(frame, TurnStart)
        assert frame.sampling is None

    def test_carries_what_a_program_asks_for(self):
        frame = frame_parse(text=turn_start_frame(sampling={"min_p": 0.1, "stop": ["END"]}), binary=None)

        assert isinstance(frame, TurnStart)
        assert frame.sampling is not None
        assert frame.sampling.asked() == {"min_p": 0.1, "stop": ["END"]}

    def test_is_refused_with_the_name_of_a_field_that_nobody_declared(self):
        with pytest.raises(FrameUnknownField) as refusal:
            frame_parse(text=turn_start_frame(sampling={"beams": 4}), binary=None)

        assert refusal.value.details["field"] == "sampling.beams"

    def test_is_refused_with_the_name_of_a_value_out_of_range(self):
        with pytest.raises(FrameMalformed) as refusal:
            frame_parse(text=turn_start_frame(sampling={"top_p": 0}), binary=None)

        assert refusal.value.details["field"] == "sampling.top_p"


class TestADelta:
    @pytest.fixture
    def outlet(self) -> Outlet:
        return Outlet(live={}, learnt="0-0")

    def sent(self, outlet: Outlet, **fields: bytes) -> dict[str, Any]:
        generation_id = uuid4()
        outlet.seqs[generation_id] = 0
        entry = Entry("1-0", {name.encode(): value for name, value in fields.items()})
        body = outlet.frame(outlet.deltas(generation_id, [entry]))
        assert body is not None
        delta: dict[str, Any] = json.loads(body)["events"][0]
        return delta

    def test_carries_the_log_probabilities_of_its_entry(self, outlet):
        tokens = (TokenLogprob(text="Hi", logprob=-0.5),)

        delta = self.sent(outlet, text=b"Hi", logprobs=logprobs_adapter.dump_json(tokens))

        assert delta["logprobs"] == [{"text": "Hi", "logprob": -0.5, "alternatives": []}]

    def test_has_no_such_field_where_nobody_asked(self, outlet):
        assert "logprobs" not in self.sent(outlet, text=b"Hi")
