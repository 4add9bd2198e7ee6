"""
Every event a client can receive, and the views of rows that events and snapshots share.

Owns the wire shape of a fact, a delta and an end. Knows no database and no Redis. `contracts/feed-v1.jsonl` holds one
example of each; TypeScript decodes the same file.
"""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, model_validator

Role = Literal["system", "user", "assistant"]
MessageState = Literal["visible", "held", "withheld", "erased"]
GenerationStatus = Literal["queued", "running", "completed", "cancelled", "failed"]
NoticeAction = Literal["warn", "redact", "replace", "safe_completion", "block"]
FinishReason = Literal["stop", "length", "content_filter", "cancelled", "error"]
AppealState = Literal["none", "waiting", "confirmed", "overturned"]


class Unit(BaseModel):
    """A unit on the wire: immutable, and a field nobody declared is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class TemplateRef(Unit):
    """The prompt template version a conversation began with."""

    slug: str
    title: str
    version: int


class ConversationView(Unit):
    id: UUID
    title: str
    model: str  # the catalog slug
    temperature: float
    template: TemplateRef | None
    active_leaf_id: UUID | None
    row_version: int  # grows with every change; a client keeps the greatest it saw
    created_at: datetime
    updated_at: datetime


class Notice(Unit):
    """
    What a rule did to a message: the category and the operator's own words.

    action: None where it was written before that was kept, or by a person.
    """

    category: str
    text: str
    action: NoticeAction | None = None


class MessageView(Unit):
    """
    `text` is None while the answer is written, and once erased; a withheld answer keeps what was released before.

    `appeal` says how the person's question for review stands; it only ever goes on.
    """

    id: UUID
    conversation_id: UUID
    parent_id: UUID | None
    role: Role
    text: str | None
    state: MessageState
    notice: Notice | None
    client_message_id: UUID | None
    restored_from: UUID | None
    appeal: AppealState = "none"
    created_at: datetime


class Usage(Unit):
    num_prompt_tokens: int
    num_completion_tokens: int


class Timings(Unit):
    """Seconds as the model worker measured them."""

    first_token_s: float | None
    total_s: float


# A long conversation leaves out thousands at every turn; all their ids would be kept and sent with each of its answers.
MAX_NAMED_LEFT_OUT = 100


class ContextReport(Unit):
    """
    What the model was given of the branch: how many messages went in, and how many older ones did not fit.

    `left_out_message_ids`: of those, the newest MAX_NAMED_LEFT_OUT, oldest first; whoever names more has them counted.
    """

    num_messages: int
    num_prompt_tokens: int
    context_window: int
    left_out_message_ids: tuple[UUID, ...]
    num_left_out: int = 0

    @model_validator(mode="before")
    @classmethod
    def _count(cls, given: dict[str, Any]) -> dict[str, Any]:
        named = given.get("left_out_message_ids", ())
        count = max(given.get("num_left_out", 0), len(named))
        return {**given, "left_out_message_ids": named[-MAX_NAMED_LEFT_OUT:], "num_left_out": count}


class GenerationView(Unit):
    """`text` and `seq` are of one moment: the text so far holds exactly the deltas up to `seq`."""

    id: UUID
    conversation_id: UUID
    message_id: UUID
    status: GenerationStatus
    finish_reason: FinishReason | None
    attempt: int
    model: str
    temperature: float
    text: str
    seq: int
    usage: Usage | None
    timings: Timings | None
    context: ContextReport | None
    error_code: str | None
    error_details: dict[str, Any] | None  # what the sentence about the error needs: numbers, a parameter's name
    created_at: datetime


class Fact(Unit):
    """An event of a user's feed: true in the database before anyone hears of it. Clients drop repeats by id."""

    id: UUID


class ConversationCreated(Fact):
    type: Literal["conversation.created"] = "conversation.created"
    conversation: ConversationView


class ConversationUpdated(Fact):
    """Title, model, temperature or active leaf changed, or a turn moved it up the list."""

    type: Literal["conversation.updated"] = "conversation.updated"
    conversation: ConversationView


class ConversationDeleted(Fact):
    type: Literal["conversation.deleted"] = "conversation.deleted"
    conversation_id: UUID


class MessageCreated(Fact):
    """A message stands in the tree; an assistant message begins without text."""

    type: Literal["message.created"] = "message.created"
    message: MessageView


class MessageUpdated(Fact):
    """A rule that asks a model said something of a question: it has a notice now, or is withheld."""

    type: Literal["message.updated"] = "message.updated"
    message: MessageView


class GenerationQueued(Fact):
    """A generation waits for a model worker: a new one, or one whose worker died or handed over."""

    type: Literal["generation.queued"] = "generation.queued"
    generation: GenerationView


class GenerationStarted(Fact):
    """A worker claimed the generation; deltas follow in its own stream, after `seq` of the view."""

    type: Literal["generation.started"] = "generation.started"
    generation: GenerationView


class GenerationRestarted(Fact):
    """The event log was lost: the text so far goes back to the database's copy, and seq goes on from there."""

    type: Literal["generation.restarted"] = "generation.restarted"
    generation: GenerationView


class GenerationFinished(Fact):
    """The generation ended and its message has the text it will keep."""

    type: Literal["generation.finished"] = "generation.finished"
    generation: GenerationView
    message: MessageView


class AppealView(Unit):
    """A person's question for review. `message_id` is None for a text that was refused and never stored."""

    decision_id: UUID
    conversation_id: UUID
    message_id: UUID | None
    state: AppealState


class AppealUpdated(Fact):
    """A person asked for review, or a reviewer decided. An answer that came back has its own `message.created`."""

    type: Literal["appeal.updated"] = "appeal.updated"
    appeal: AppealView


class Alternative(Unit):
    """One of the most probable tokens at a place that the gate would have released there."""

    text: str
    logprob: float


class TokenLogprob(Unit):
    """
    A token whose text was released as the model wrote it, and the natural logarithm of its probability.

    `text` and those of the alternatives hold U+FFFD where a token is half a character.
    """

    text: str
    logprob: float
    alternatives: tuple[Alternative, ...] = ()


class GenerationDelta(Unit):
    """
    Text that one append added; `seq` is contiguous from 1.

    `logprobs` is there only if the turn asked for them: one for each token whose text ends here, but for those that a
    rule touched.
    """

    type: Literal["generation.delta"] = "generation.delta"
    generation_id: UUID
    seq: int
    text: str
    logprobs: tuple[TokenLogprob, ...] | None = Field(default=None, exclude_if=lambda logprobs: logprobs is None)


class GenerationEnded(Unit):
    """Nothing follows in this generation's stream."""

    type: Literal["generation.ended"] = "generation.ended"
    generation_id: UUID
    seq: int
    finish_reason: FinishReason


class SocketEvicted(Unit):
    """The socket named must close: its user opened more than may be open at once."""

    type: Literal["socket.evicted"] = "socket.evicted"
    socket_id: UUID


AnyFact = Annotated[
    ConversationCreated
    | ConversationUpdated
    | ConversationDeleted
    | MessageCreated
    | MessageUpdated
    | GenerationQueued
    | GenerationStarted
    | GenerationRestarted
    | GenerationFinished
    | AppealUpdated,
    Field(discriminator="type"),
]
StreamEvent = Annotated[GenerationDelta | GenerationEnded, Field(discriminator="type")]
FeedEntry = Annotated[
    ConversationCreated
    | ConversationUpdated
    | ConversationDeleted
    | MessageCreated
    | MessageUpdated
    | GenerationQueued
    | GenerationStarted
    | GenerationRestarted
    | GenerationFinished
    | AppealUpdated
    | SocketEvicted,
    Field(discriminator="type"),
]
FeedEvent = Annotated[AnyFact | StreamEvent, Field(discriminator="type")]

fact_adapter: TypeAdapter[AnyFact] = TypeAdapter(AnyFact)
feed_entry_adapter: TypeAdapter[FeedEntry] = TypeAdapter(FeedEntry)
logprobs_adapter: TypeAdapter[tuple[TokenLogprob, ...]] = TypeAdapter(tuple[TokenLogprob, ...])
stream_event_adapter: TypeAdapter[StreamEvent] = TypeAdapter(StreamEvent)
