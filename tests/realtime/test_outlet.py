"""What one tab is sent: every event once, in order, and the end of an answer after all of its text. Pure."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.core.ids import uuid7
from chatapp.feed.events import (
    Fact,
    FeedEvent,
    GenerationDelta,
    GenerationFinished,
    GenerationQueued,
    GenerationStarted,
    GenerationView,
    MessageView,
)
from chatapp.feed.hub import Entry
from chatapp.realtime.outlet import MAX_OTHER_BYTES, MAX_UNACKED_BYTES, Outlet, TailLost

AT = datetime(2026, 1, 1, tzinfo=UTC)


@dataclass
class Answer:
    """An answer as the log and the feed hold it, whole."""

    texts: Sequence[str]
    conversation_id: UUID = field(default_factory=uuid4)
    id: UUID = field(default_factory=uuid4)
    message_id: UUID = field(default_factory=uuid4)

    def view(self, *, status: str, seq: int) -> GenerationView:
        about = {
            "id": self.id, "conversation_id": self.conversation_id, "message_id": self.message_id, "status": status,
            "finish_reason": "stop" if status == "completed" else None, "attempt": 1, "model": "m", "temperature": 0.0,
            "text": "", "seq": seq, "usage": None, "timings": None, "context": None, "error_code": None,
            "error_details": None, "created_at": AT,
        }  # fmt: skip
        return GenerationView.model_validate(about)

    def message(self) -> MessageView:
        about = {
            "id": self.message_id, "conversation_id": self.conversation_id, "parent_id": None, "role": "assistant",
            "text": "".join(self.texts), "state": "visible", "notice": None, "client_message_id": None,
            "restored_from": None, "created_at": AT,
        }  # fmt: skip
        return MessageView.model_validate(about)

    def facts(self) -> list[Fact]:
        return [
            GenerationQueued(id=uuid7(), type="generation.queued", generation=self.view(status="queued", seq=0)),
            GenerationStarted(id=uuid7(), type="generation.started", generation=self.view(status="running", seq=0)),
            GenerationFinished(
                id=uuid7(),
                type="generation.finished",
                generation=self.view(status="completed", seq=len(self.texts)),
                message=self.message(),
            ),
        ]

    def deltas(self) -> list[Entry]:
        return [Entry(f"{seq}-0", {b"text": text.encode()}) for seq, text in enumerate(self.texts, start=1)]


def feed_of(facts: Sequence[Fact], *, first: int = 1) -> list[Entry]:
    return [Entry(f"{n}-0", {b"body": fact.model_dump_json().encode()}) for n, fact in enumerate(facts, start=first)]


def watching(answer: Answer, *, named: dict[UUID, int] | None = None) -> Outlet:
    outlet = Outlet(live={}, learnt="0-0")
    outlet.watch(feed="0-0", conversations=frozenset({answer.conversation_id}), named=named or {})
    return outlet


def kinds(events: Sequence[FeedEvent]) -> list[str]:
    return [event.type for event in events]


def text_of(events: Sequence[FeedEvent], *, has: str = "", seq: int = 0) -> str:
    """What a client has after folding deltas, each of which must follow the one before."""
    for event in events:
        if isinstance(event, GenerationDelta):
            assert event.seq == seq + 1
            has, seq = has + event.text, event.seq
    return has


class TestWhatIsUnread:
    """A socket that reads nothing: everything sent to it counts, whatever it is."""

    def test_is_bounded_over_frames_of_every_kind(self):
        outlet = watching(Answer([]))
        sent = 0
        for _ in range(10_000):
            text = outlet.frame([delta("x" * 900)])
            if text is not None:
                sent += len(text)
            if not outlet.has_room_for("e" * 700):
                break
            sent += 700

        assert sent <= MAX_UNACKED_BYTES + MAX_OTHER_BYTES
        assert not outlet.has_room_for("e")

    def test_still_counts_after_the_client_was_told_to_begin_again(self):
        outlet = watching(Answer([]))
        while outlet.frame([delta("x" * 50_000)]) is not None:
            pass

        outlet.backlog_drop()
        outlet.watch(feed="0-0", conversations=frozenset(), named={})

        assert outlet.frame([delta("x" * 50_000)]) is None

    def test_counts_no_more_once_it_is_acknowledged(self):
        outlet = watching(Answer([]))
        while outlet.frame([delta("x" * 50_000)]) is not None:
            outlet.has_room_for("e" * 30_000)

        outlet.acked(outlet_last_number(outlet))

        assert outlet.frame([delta("x" * 50_000)]) is not None
        assert outlet.has_room_for("e" * 200_000)


def delta(text: str) -> GenerationDelta:
    return GenerationDelta(generation_id=uuid4(), seq=1, text=text)


def outlet_last_number(outlet: Outlet) -> int:
    """The greatest number that any frame of this outlet can have: one more frame was numbered than was sent."""
    probe = outlet.frame([])
    return 10**6 if probe is None else int(json.loads(probe)["number"])


class TestTheEndOfAnAnswer:
    def test_that_began_and_ended_in_one_round_waits_for_its_text(self):
        answer = Answer(["one ", "two"])
        outlet = watching(answer)

        before = outlet.facts(feed_of(answer.facts())).send
        behind = outlet.behind()
        after = [*outlet.tail(answer.id, answer.deltas()), *outlet.facts_due()]

        assert kinds(before) == ["generation.queued", "generation.started"]
        assert behind == answer.id
        assert text_of(after) == "one two"
        assert kinds(after)[-1] == "generation.finished"
        assert outlet.behind() is None

    def test_that_came_while_the_tab_was_away_brings_what_the_tab_has_not(self):
        answer = Answer(["one ", "two ", "three"])
        outlet = watching(answer, named={answer.id: 1})

        outlet.facts(feed_of(answer.facts()[2:]))
        after = [*outlet.tail(answer.id, answer.deltas()[outlet.sent_seq(answer.id) :]), *outlet.facts_due()]

        assert text_of(after, has="one ", seq=1) == "one two three"
        assert kinds(after) == ["generation.delta", "generation.delta", "generation.finished"]

    def test_is_sent_at_once_where_the_tab_has_all_of_the_text(self):
        answer = Answer(["one ", "two"])
        outlet = watching(answer, named={answer.id: 2})

        assert kinds(outlet.facts(feed_of(answer.facts())).send)[-1] == "generation.finished"

    def test_is_sent_at_once_where_the_tab_does_not_show_the_conversation(self):
        answer, elsewhere = Answer(["one"]), Answer([])
        outlet = watching(elsewhere)

        assert kinds(outlet.facts(feed_of(answer.facts())).send)[-1] == "generation.finished"

    def test_keeps_what_happened_after_it_behind_it(self):
        first, second = Answer(["one"]), Answer([])
        outlet = watching(first)

        before = outlet.facts(feed_of([*first.facts(), *second.facts()])).send
        cursor = outlet.feed
        later = outlet.facts(feed_of([*Answer([]).facts()], first=7)).send
        after = [*outlet.tail(first.id, first.deltas()), *outlet.facts_due()]

        assert (kinds(before), cursor, later) == (["generation.queued", "generation.started"], "2-0", [])
        assert kinds(after) == [
            "generation.delta", "generation.finished",
            *("generation.queued", "generation.started", "generation.finished") * 2,
        ]  # fmt: skip
        assert outlet.feed == "9-0"

    def test_that_waits_keeps_the_text_of_another_behind_the_others_beginning(self):
        ended, begun = Answer(["one"]), Answer(["two"])
        begun.conversation_id = ended.conversation_id
        outlet = watching(ended)

        outlet.facts(feed_of([*ended.facts(), *begun.facts()[:2]]))
        outlet.seqs[begun.id] = 0
        early = outlet.deltas(begun.id, begun.deltas())
        after = [*outlet.tail(ended.id, ended.deltas()), *outlet.facts_due(), *outlet.deltas(begun.id, begun.deltas())]

        assert early == []
        assert kinds(after) == [
            *("generation.delta", "generation.finished", "generation.queued", "generation.started", "generation.delta")
        ]

    def test_whose_text_the_log_no_longer_holds_is_never_made_of_half_of_it(self):
        answer = Answer(["one ", "two ", "three"])
        outlet = watching(answer, named={answer.id: 1})
        outlet.facts(feed_of(answer.facts()))

        for entries in ([], answer.deltas()[2:]):
            with pytest.raises(TailLost):
                outlet.tail(answer.id, entries)

    def test_is_read_again_after_the_tab_looked_elsewhere_meanwhile(self):
        answer = Answer(["one"])
        outlet = watching(answer)
        outlet.facts(feed_of(answer.facts()))

        outlet.watch(feed="0-0", conversations=frozenset(), named={})

        assert outlet.behind() is None
        assert kinds(outlet.facts(feed_of(answer.facts())).send)[-1] == "generation.finished"

    @given(
        texts=st.lists(st.text(min_size=1, max_size=3), max_size=8),
        named=st.integers(0, 8),
        heard=st.integers(0, 8),
        num_first=st.integers(0, 3),
    )
    def test_folds_to_the_stored_text_wherever_the_tab_stood(self, texts, named, heard, num_first):
        """`named`: deltas it had when it came; `heard`: how far it was then read live; the facts come in two pieces."""
        answer = Answer(texts)
        named, heard = min(named, len(texts)), min(max(named, heard), len(texts))
        outlet = watching(answer, named={answer.id: named})
        facts = feed_of(answer.facts())
        sent = list(outlet.facts(facts[:num_first]).send)
        if outlet.behind() is None and answer.id in outlet.wanted():
            outlet.seqs[answer.id] = outlet.sent_seq(answer.id)
            sent += outlet.deltas(answer.id, answer.deltas()[:heard])

        sent += outlet.facts(facts[num_first:]).send
        if outlet.behind() is not None:
            sent += outlet.tail(answer.id, answer.deltas()[outlet.sent_seq(answer.id) :])
            sent += outlet.facts_due()

        assert text_of(sent, has="".join(texts[:named]), seq=named) == "".join(texts)
        assert kinds(sent)[-1] == "generation.finished"
        assert len({event.id for event in sent if isinstance(event, Fact)}) == 3
        frame = outlet.frame(sent)
        assert frame is not None
        assert json.loads(frame)["feed"] == "3-0"
