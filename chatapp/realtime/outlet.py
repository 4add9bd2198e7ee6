"""
What one socket is sent, and how much of it is on the way. Pure.

Owns the cursor (a feed id and a seq per generation), the numbering of `events` frames and the allowance for a slow
reader. Knows no socket: the consumer sends what it returns.
"""

from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from chatapp.feed.events import (
    FeedEvent,
    GenerationDelta,
    GenerationEnded,
    GenerationFinished,
    GenerationQueued,
    GenerationRestarted,
    GenerationStarted,
    SocketEvicted,
    feed_entry_adapter,
    logprobs_adapter,
)
from chatapp.feed.hub import Entry, entry_order
from chatapp.realtime.frames import Events

# `send()` under Daphne never waits: a client that reads nothing would fill the process (84 → 371 MB measured).
MAX_UNACKED_BYTES = 256 * 1024
# Beside them, what is no `events` frame: nobody acknowledges a pong. A tab that only pings fills this in months.
MAX_OTHER_BYTES = 256 * 1024


@dataclass(frozen=True, slots=True)
class Heard:
    """What a piece of the feed gave: `send` for the client, `learnt` for whoever keeps this socket."""

    send: list[FeedEvent]
    learnt: list[FeedEvent | SocketEvicted]


class TailLost(Exception):
    """The log no longer holds the text that a tab is behind by: it must begin again from a snapshot."""


class Outlet:
    """
    Turns readings of the hub into `events` frames for one tab.

    It follows the feed from the moment the socket opens, so that it knows which generations are live, but sends facts
    only behind the cursor that the client named. The fact that ends a generation in view follows all of its text: where
    a tab was away at the end, or hears of beginning and end at once, the facts wait until the rest was read and sent.
    """

    def __init__(self, *, live: dict[UUID, UUID], learnt: str) -> None:
        self.live = live  # generation → conversation, of this person, kept current by the facts that pass
        self._learnt = learnt  # the feed id up to which `live` is true; it was read before `live` was
        self.feed: str | None = None  # the client's cursor, at the last fact sent; None until it said where it stands
        self.seqs: dict[UUID, int] = {}  # per generation that is read here, the seq that was sent
        self.conversations: frozenset[UUID] = frozenset()
        self._named: dict[UUID, int] = {}  # per generation whose text the client said it has, the seq this reaches
        self._unsent: deque[tuple[str, FeedEvent | SocketEvicted]] = deque()  # feed ids and facts, oldest first
        self._number = 0
        self._unacked: deque[tuple[int, int]] = deque()  # (number, bytes)
        self._num_unacked_bytes = 0
        self._num_other_bytes = 0  # since something was acknowledged

    def watch(self, *, feed: str, conversations: frozenset[UUID], named: Mapping[UUID, int]) -> None:
        """Begin where the client says that it stands; facts that waited are read again from there."""
        self.feed, self.conversations, self._named = feed, conversations, dict(named)
        self.seqs.clear()
        self._unsent.clear()

    def wanted(self) -> set[UUID]:
        """The generations whose deltas this tab shows."""
        return {generation for generation, conversation in self.live.items() if conversation in self.conversations}

    def sent_seq(self, generation_id: UUID) -> int:
        """How far the client has a generation's text."""
        return self.seqs.get(generation_id, self._named.get(generation_id, 0))

    def facts(self, entries: Sequence[Entry]) -> Heard:
        """Read a piece of the feed: learn from what is new here, and pick what the client has not been sent."""
        learnt: list[FeedEvent | SocketEvicted] = []
        for entry in entries:
            is_new = entry_order(entry.id) > entry_order(self._learnt)
            is_unsent = self.feed is not None and entry_order(entry.id) > entry_order(self._read_up_to(self.feed))
            if not is_new and not is_unsent:
                continue
            event = feed_entry_adapter.validate_json(entry.fields[b"body"])
            if is_new:
                self._learnt = entry.id
                self._learn(event)
                learnt.append(event)
            if is_unsent:
                self._unsent.append((entry.id, event))
        return Heard(self.facts_due(), learnt)

    def facts_due(self) -> list[FeedEvent]:
        """The facts whose turn has come: all, or those before the end of a generation whose text is not all sent."""
        due: list[FeedEvent] = []
        while self._unsent and self.behind() is None:
            self.feed, event = self._unsent.popleft()
            if not isinstance(event, SocketEvicted):
                self._passed(event)
                due.append(event)
        return due

    def behind(self) -> UUID | None:
        """The generation whose missing text the facts wait for."""
        if not self._unsent or not isinstance(event := self._unsent[0][1], GenerationFinished):
            return None
        generation = event.generation
        is_shown = generation.conversation_id in self.conversations
        return generation.id if is_shown and self.sent_seq(generation.id) < generation.seq else None

    def _read_up_to(self, feed: str) -> str:
        return self._unsent[-1][0] if self._unsent else feed

    def _passed(self, event: FeedEvent) -> None:
        match event:
            case GenerationRestarted():
                self._named[event.generation.id] = event.generation.seq
            case GenerationFinished():
                self.seqs.pop(event.generation.id, None)
                self._named.pop(event.generation.id, None)
            case _:
                pass

    def _learn(self, event: FeedEvent | SocketEvicted) -> None:
        match event:
            case GenerationQueued() | GenerationStarted():
                self.live[event.generation.id] = event.generation.conversation_id
            case GenerationRestarted():
                self.live[event.generation.id] = event.generation.conversation_id
                if event.generation.id in self.seqs:
                    self.seqs[event.generation.id] = event.generation.seq
            case GenerationFinished():
                self.live.pop(event.generation.id, None)
            case _:
                pass

    def tail(self, generation_id: UUID, entries: Sequence[Entry]) -> list[FeedEvent]:
        """
        The text that a tab is behind by, of a generation that has ended: every entry after `sent_seq`.

        :raises TailLost: if the log no longer holds all of it.
        """
        expected = self.sent_seq(generation_id) + 1
        if not entries or entry_order(entries[0].id)[0] > expected:
            raise TailLost
        self.seqs.setdefault(generation_id, expected - 1)
        return self._deltas(generation_id, entries)

    def deltas(self, generation_id: UUID, entries: Sequence[Entry]) -> list[FeedEvent]:
        """
        New deltas and the end, by seq: an entry's id is `<seq>-0`.

        Nothing while a fact of the generation waits: its beginning, or that its text went back, comes first. The
        deltas are to be read again from `seqs` once the facts have gone.
        """
        return [] if self._has_unsent_fact_of(generation_id) else self._deltas(generation_id, entries)

    def _has_unsent_fact_of(self, generation_id: UUID) -> bool:
        return any(
            isinstance(event, GenerationQueued | GenerationStarted | GenerationRestarted | GenerationFinished)
            and event.generation.id == generation_id
            for _, event in self._unsent
        )

    def _deltas(self, generation_id: UUID, entries: Sequence[Entry]) -> list[FeedEvent]:
        events: list[FeedEvent] = []
        for entry in entries:
            seq = entry_order(entry.id)[0]
            if generation_id not in self.seqs or seq <= self.seqs[generation_id]:
                continue
            self.seqs[generation_id] = seq
            if text := entry.fields.get(b"text"):
                raw = entry.fields.get(b"logprobs")
                logprobs = None if raw is None else logprobs_adapter.validate_json(raw)
                events.append(
                    GenerationDelta(generation_id=generation_id, seq=seq, text=text.decode(), logprobs=logprobs)
                )
            else:
                reason = entry.fields[b"finish_reason"].decode()
                events.append(
                    GenerationEnded.model_validate(
                        {"generation_id": generation_id, "seq": seq, "finish_reason": reason}
                    )
                )
        return events

    def frame(self, events: list[FeedEvent]) -> str | None:
        """
        Number the events and render them, or None when the client has too much unread: then it must resync.

        Events of one generation that follow each other in a round stay apart: each keeps its seq.
        """
        self._number += 1
        body = Events(number=self._number, feed=self.feed, events=events).model_dump_json()
        num_bytes = len(body.encode())
        if self._unacked and self._num_unacked_bytes + self._num_other_bytes + num_bytes > MAX_UNACKED_BYTES:
            return None
        self._unacked.append((self._number, num_bytes))
        self._num_unacked_bytes += num_bytes
        return body

    def has_room_for(self, body: str) -> bool:
        """Count a frame that has no number (a reply, an error, a pong); False where too much lies unread before it."""
        self._num_other_bytes += len(body.encode())
        return self._num_unacked_bytes + self._num_other_bytes <= MAX_UNACKED_BYTES + MAX_OTHER_BYTES

    def acked(self, number: int) -> None:
        """The client read everything up to this frame, and what went out before it."""
        if self._unacked and self._unacked[0][0] <= number:
            self._num_other_bytes = 0
        while self._unacked and self._unacked[0][0] <= number:
            self._num_unacked_bytes -= self._unacked.popleft()[1]

    def backlog_drop(self) -> None:
        """After a resync: the client begins again from a snapshot. What it has not read yet still counts."""
        self._unsent.clear()
        self._named.clear()
        self.seqs.clear()
        self.conversations = frozenset()
        self.feed = None
