"""
The WebSocket: parses a frame, makes one domain call, translates the answer.

Owns one socket's life. One indexed query when it opens, none per frame that it sends.
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any, Literal, assert_never
from uuid import UUID

import structlog
from channels.auth import get_user
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings
from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from redis.exceptions import RedisError

from chatapp.accounts.models import User
from chatapp.core.errors import DomainError, OriginRefused, StorageUnavailable
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_SOCKETS_PER_USER, MAX_TEXT_CHARS
from chatapp.feed import keys
from chatapp.feed.events import FeedEvent, GenerationFinished, GenerationRestarted, SocketEvicted, Unit
from chatapp.feed.hub import Entry, Hub, hub_get
from chatapp.feed.log import feed_cursor
from chatapp.generations.selectors import final_seqs, generation_get, live_generations
from chatapp.generations.services import generation_cancel
from chatapp.generations.turns.services import turn_regenerate, turn_start
from chatapp.realtime import close_codes
from chatapp.realtime.doors import origin_is_ours
from chatapp.realtime.errors import (
    FrameUnreadable,
    TooManySockets,
    log_unavailable,
    session_ended,
)
from chatapp.realtime.frames import (
    Ack,
    ClientFrame,
    Error,
    GenerationCancel,
    Ping,
    Pong,
    Ready,
    Reply,
    Resync,
    TurnRegenerate,
    TurnStart,
    Watch,
)
from chatapp.realtime.outlet import Outlet, TailLost
from chatapp.realtime.parsing import frame_parse
from chatapp.realtime.sockets import socket_add, socket_remove

logger = structlog.get_logger(__name__)

# How long a signed-out tab may go on listening; two cheap queries each time.
SESSION_CHECK_S = 60.0

Command = TurnStart | TurnRegenerate | GenerationCancel


class ChatConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """One tab's socket."""

    hub: Hub
    outlet: Outlet
    user: User
    socket_id: UUID
    is_open = False
    _is_closed = False
    _catching_up: UUID | None = None

    # --- opening and closing -----------------------------------------------------------------------------------------

    async def connect(self) -> None:
        # Accepted before it is refused: a browser learns a close code only from an open socket.
        await self.accept()
        try:
            await self._open()
        except DomainError as error:
            await self._refuse(error, request_id=None)
        except (RedisError, OSError, DatabaseError):
            await self._refuse(log_unavailable(), request_id=None)
            await self._close(1013)

    async def _open(self) -> None:
        if not origin_is_ours(self.scope["headers"]):
            raise OriginRefused(_("This page may not open a connection here."))
        user = self.scope["user"]
        if not user.is_authenticated:
            raise session_ended()
        self.user, self.socket_id = user, uuid7()
        translation.activate(user.language or "en")
        cursor = await asyncio.to_thread(feed_cursor)
        live = await database_sync_to_async(live_generations)(owner_id=user.id)
        # Last: from here on only `disconnect` takes the socket off the list again.
        await asyncio.to_thread(socket_add, user_id=user.id, socket_id=self.socket_id, now_s=time.time())
        self.outlet = Outlet(live=live, learnt=cursor)
        self.hub = hub_get()
        self.is_open = True
        self.hub.join(self, key=keys.feed_key(user.id), after=cursor)
        self._expiry = asyncio.create_task(self._close_at_expiry())
        await self._send(Ready(socket_id=self.socket_id, user_id=user.id, max_text_chars=MAX_TEXT_CHARS))

    async def _close_at_expiry(self) -> None:
        """A tab that only listens must notice too: its session ran out, or ended in another tab."""
        expires_at = await database_sync_to_async(self.scope["session"].get_expiry_date)()
        while True:
            left_s = (expires_at - timezone.now()).total_seconds()
            await asyncio.sleep(max(0.0, min(left_s, SESSION_CHECK_S)))
            if left_s <= SESSION_CHECK_S or not await self._may_listen():
                await self._refuse(session_ended(), request_id=None)
                return

    async def disconnect(self, code: int) -> None:  # noqa: ARG002  # channels' signature
        if not self.is_open:
            return
        self.is_open = False
        if self._expiry is not asyncio.current_task():
            self._expiry.cancel()
        self.hub.leave(self, key=keys.feed_key(self.user.id))
        self._deltas_leave()
        try:
            await asyncio.to_thread(socket_remove, user_id=self.user.id, socket_id=self.socket_id)
        except RedisError as error:
            logger.warning("socket_not_taken_off", error=str(error))

    # --- frames that come --------------------------------------------------------------------------------------------

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        if not self.is_open:
            return
        translation.activate(self.user.language or "en")
        try:
            await self._dispatch(frame_parse(text=text_data, binary=bytes_data))
        except FrameUnreadable as error:
            await self._refuse(error, request_id=error.request_id)
        except DomainError as error:
            await self._refuse(error, request_id=None)
        except RedisError:
            await self._refuse(log_unavailable(), request_id=None)
        except Exception:  # a fault of ours: the socket closes in order, and the client comes back
            logger.exception("frame_not_dispatched")
            await self._close(1011)

    async def _dispatch(self, frame: ClientFrame) -> None:
        match frame:
            case Watch():
                await self._watch(frame)
            case TurnStart() | TurnRegenerate() | GenerationCancel():
                await self._command(frame)
            case Ack():
                self.outlet.acked(frame.number)
            case Ping():
                await self._send(Pong())
            case _:
                assert_never(frame)

    async def _command(self, frame: Command) -> None:
        try:
            if not await self._is_signed_in():
                raise session_ended()
            await self._send(await database_sync_to_async(self._carry_out)(frame))
        except DomainError as error:
            await self._refuse(error, request_id=frame.request_id)
        except RedisError:
            await self._refuse(log_unavailable(), request_id=frame.request_id)
        except (OperationalError, InterfaceError) as error:
            logger.error("storage_unavailable", error=repr(error))  # noqa: TRY400  # the place says nothing, the error does
            await self._refuse(StorageUnavailable.of(), request_id=frame.request_id)

    async def _may_listen(self) -> bool:
        try:
            return await self._is_signed_in()
        except DatabaseError as error:
            logger.warning("session_not_checked", error=str(error))
            return True  # asked again in a minute; every command asks for itself

    async def _is_signed_in(self) -> bool:
        """The session may have ended since the socket opened: signed out elsewhere, password changed, person barred."""
        store = import_module(settings.SESSION_ENGINE).SessionStore
        user = await get_user({"session": store(self.scope["session"].session_key)})
        return bool(user.is_authenticated and user.pk == self.user.pk)

    def _carry_out(self, frame: Command) -> Reply:
        translation.activate(self.user.language or "en")
        match frame:
            case TurnStart():
                turn = turn_start(
                    owner_id=self.user.id,
                    conversation_id=frame.conversation_id,
                    parent_id=frame.parent_id,
                    client_message_id=frame.client_message_id,
                    text=frame.text,
                    sampling=frame.sampling,
                )
            case TurnRegenerate():
                turn = turn_regenerate(
                    owner_id=self.user.id, message_id=frame.message_id, client_turn_id=frame.client_turn_id
                )
            case GenerationCancel():
                row = generation_get(owner_id=self.user.id, generation_id=frame.generation_id)
                generation_cancel(row=row, now=timezone.now())
                return Reply(request_id=frame.request_id, generation_id=row.id)
            case _:
                assert_never(frame)
        return Reply(request_id=frame.request_id, message_id=turn.message_id, generation_id=turn.generation_id)

    async def _watch(self, frame: Watch) -> None:
        """Listen where the tab says it stands."""
        feed = frame.feed if frame.feed is not None else await asyncio.to_thread(feed_cursor)
        if int(feed.partition("-")[0]) < (time.time() - keys.FACTS_KEPT_S) * 1000:
            await self._send(Resync(reason="cursor_expired"))
            return
        if frame.feed is None and await self._ended_unheard(frame.generations):
            # Nothing of what happened to these generations meanwhile would come: their text may even have gone back.
            await self._send(Resync(reason="cursor_expired"))
            return
        self._deltas_leave()
        self.outlet.watch(feed=feed, conversations=frozenset(frame.conversation_ids), named=frame.generations)
        self._catching_up = None
        self.hub.join(self, key=keys.feed_key(self.user.id), after=feed)
        self._generations_join()

    async def _ended_unheard(self, named: Mapping[UUID, int]) -> bool:
        """Whether one of these generations went on behind the tab's seq and ended."""
        gone = {generation_id: seq for generation_id, seq in named.items() if generation_id not in self.outlet.live}
        if not gone:
            return False
        final = await database_sync_to_async(final_seqs)(owner_id=self.user.id, generation_ids=gone.keys())
        return any(final.get(generation_id, 0) > seq for generation_id, seq in gone.items())

    def _generations_join(self) -> None:
        """Begin with the deltas of every live generation in view that is not read here yet."""
        for generation_id in self.outlet.wanted() - self.outlet.seqs.keys():
            seq = self.outlet.seqs[generation_id] = self.outlet.sent_seq(generation_id)
            self.hub.join(self, key=keys.events_key(generation_id), after=f"{seq}-0")

    def _deltas_leave(self) -> None:
        for generation_id in self.outlet.seqs:
            self.hub.leave(self, key=keys.events_key(generation_id))
        self.outlet.seqs.clear()

    # --- what happened -----------------------------------------------------------------------------------------------

    def hear(self, readings: Sequence[tuple[str, Sequence[Entry]]]) -> None:
        """Called by the hub with the deltas and facts of one round; must not wait, so it sends from a task."""
        events: list[FeedEvent] = []
        for key, entries in readings:
            if keys.is_feed_key(key):
                heard = self.outlet.facts(entries)
                events += heard.send
                self._after_learning(heard.learnt)
            else:
                events += self.outlet.deltas(keys.generation_of_events_key(key), entries)
        self._events_send(events)
        self._catch_up_begin()

    def _events_send(self, events: list[FeedEvent]) -> None:
        if events:
            body = self.outlet.frame(events)
            self._later(self.send(text_data=body) if body is not None else self._resync("slow_reader"))

    def _catch_up_begin(self) -> None:
        """Where facts wait for a text that this tab was not sent: read it, and let them go on."""
        generation_id = self.outlet.behind()
        if generation_id is not None and generation_id != self._catching_up:
            self._catching_up = generation_id
            self._later(self._catch_up(generation_id))

    async def _catch_up(self, generation_id: UUID) -> None:
        try:
            entries = await self.hub.entries_after(
                self.outlet.sent_seq(generation_id), key=keys.events_key(generation_id)
            )
            if self.outlet.behind() != generation_id:
                return  # the tab looks at something else by now
            self._events_send([*self.outlet.tail(generation_id, entries), *self.outlet.facts_due()])
        except (TailLost, RedisError, OSError) as error:
            logger.warning("generation_tail_unread", generation_id=str(generation_id), error=repr(error))
            await self._resync("cursor_expired")
        self._catching_up = None
        # Deltas that came while facts waited were let pass: they are read again.
        for other_id in self.outlet.wanted() & self.outlet.seqs.keys():
            self.hub.join(self, key=keys.events_key(other_id), after=f"{self.outlet.seqs[other_id]}-0")
        self._catch_up_begin()

    def _after_learning(self, learnt: Sequence[FeedEvent | SocketEvicted]) -> None:
        """Generations that began are listened to, those that ended no longer; one tab too many closes this one."""
        for event in learnt:
            match event:
                case SocketEvicted() if event.socket_id == self.socket_id:
                    self._later(self._refuse(TooManySockets.of(limit=MAX_SOCKETS_PER_USER), request_id=None))
                case GenerationRestarted() if event.generation.id in self.outlet.seqs:
                    self.hub.join(self, key=keys.events_key(event.generation.id), after=f"{event.generation.seq}-0")
                case GenerationFinished():
                    self.hub.leave(self, key=keys.events_key(event.generation.id))
                case _:
                    pass
        self._generations_join()

    async def _resync(self, reason: Literal["slow_reader", "cursor_expired"]) -> None:
        self._deltas_leave()
        self.outlet.backlog_drop()
        await self._send(Resync(reason=reason))

    def _later(self, sending: Any) -> None:
        if not self.is_open:
            sending.close()
            return
        task = asyncio.create_task(sending)
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)

    @property
    def _sending(self) -> set[asyncio.Task[None]]:
        # A task that nobody refers to may be collected before it ran.
        tasks: set[asyncio.Task[None]] = self.__dict__.setdefault("_sending_tasks", set())
        return tasks

    # --- frames that go ----------------------------------------------------------------------------------------------

    async def _send(self, frame: Unit) -> None:
        body = frame.model_dump_json()
        if not self.is_open or self.outlet.has_room_for(body):
            await self.send(text_data=body)
        else:  # another sentence would only lie before the others that are not read
            await self._close(close_codes.READER_TOO_SLOW)

    async def _refuse(self, error: DomainError, *, request_id: str | None) -> None:
        await self._send(Error(request_id=request_id, code=error.code, message=error.message, details=error.details))
        if error.close_code is not None:
            await self._close(error.close_code)

    async def _close(self, code: int) -> None:
        if not self._is_closed:
            self._is_closed = True
            await self.close(code)
            await self.disconnect(code)  # from here on nothing of it is heard, and nothing sent
