"""
Every frame of the WebSocket, in both directions.

Owns the wire shape and its limits. A frame with a field nobody declared is refused by name.
"""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, TypeAdapter

from chatapp.core.limits import MAX_EXACT_INTEGER
from chatapp.feed.events import FeedEvent, Unit
from chatapp.generations.sampling import Sampling

PROTOCOL_VERSION = 1
MAX_FRAME_BYTES = 64 * 1024  # a larger frame is a typed error and close 1009
MAX_REQUEST_ID_CHARS = 64
MAX_WATCHED_CONVERSATIONS = 16  # conversations one tab may have open


class Watch(Unit):
    """
    Say what this tab shows, first after `ready` and whenever it changes.

    `feed` is the cursor of the last snapshot or `events` frame (None = from now on); `generations` holds, for each
    generation of an open conversation whose text the tab has, the seq that text reaches.
    """

    type: Literal["watch"]
    feed: str | None = Field(default=None, pattern=r"^[0-9]{1,18}-[0-9]{1,18}$")
    conversation_ids: list[UUID] = Field(default_factory=list, max_length=MAX_WATCHED_CONVERSATIONS)
    generations: dict[UUID, Annotated[int, Field(ge=0, le=MAX_EXACT_INTEGER)]] = Field(
        default_factory=dict, max_length=64
    )


class TurnStart(Unit):
    """Ask. A resend with the same client_message_id returns the first turn. Editing = asking with the old parent."""

    type: Literal["turn.start"]
    request_id: str = Field(min_length=1, max_length=MAX_REQUEST_ID_CHARS)
    conversation_id: UUID
    parent_id: UUID | None
    client_message_id: UUID
    text: str
    sampling: Sampling | None = None  # for programs; what it leaves out is chosen as for everybody


class TurnRegenerate(Unit):
    """Answer the same question again, as a sibling of the assistant message named."""

    type: Literal["turn.regenerate"]
    request_id: str = Field(min_length=1, max_length=MAX_REQUEST_ID_CHARS)
    message_id: UUID
    client_turn_id: UUID


class GenerationCancel(Unit):
    """Stop an answer; its text so far stays."""

    type: Literal["generation.cancel"]
    request_id: str = Field(min_length=1, max_length=MAX_REQUEST_ID_CHARS)
    generation_id: UUID


class Ack(Unit):
    """Everything up to the `events` frame of this number was applied; the server sends 256 KB beyond it at most."""

    type: Literal["ack"]
    number: int = Field(ge=1)


class Ping(Unit):
    type: Literal["ping"]


ClientFrame = Annotated[Watch | TurnStart | TurnRegenerate | GenerationCancel | Ack | Ping, Field(discriminator="type")]


class Ready(Unit):
    """The first frame: who this is, and the limits that hold."""

    type: Literal["ready"] = "ready"
    protocol: int = PROTOCOL_VERSION
    socket_id: UUID
    user_id: UUID
    max_frame_bytes: int = MAX_FRAME_BYTES
    max_text_chars: int


class Events(Unit):
    """What happened, in order. `number` counts these frames on this socket from 1; `feed` is the cursor after it."""

    type: Literal["events"] = "events"
    number: int
    feed: str | None
    events: list[FeedEvent]


class Reply(Unit):
    """A command was carried out. `message_id` is the assistant message that will hold the answer."""

    type: Literal["reply"] = "reply"
    request_id: str
    message_id: UUID | None = None
    generation_id: UUID | None = None


class Error(Unit):
    """A frame was refused. `details` depends on the code: `field`, `limit`, `length`, `category`, `notice` …"""

    type: Literal["error"] = "error"
    request_id: str | None = None
    code: str
    message: str
    details: dict[str, Any] = Field(default_factory=dict)


class Resync(Unit):
    """The backlog was dropped: refetch over REST, then `watch` again with the new cursor."""

    type: Literal["resync"] = "resync"
    reason: Literal["slow_reader", "cursor_expired", "restarted"]


class Pong(Unit):
    type: Literal["pong"] = "pong"


ServerFrame = Annotated[Ready | Events | Reply | Error | Resync | Pong, Field(discriminator="type")]

client_frame_adapter: TypeAdapter[ClientFrame] = TypeAdapter(ClientFrame)
server_frame_adapter: TypeAdapter[ServerFrame] = TypeAdapter(ServerFrame)
