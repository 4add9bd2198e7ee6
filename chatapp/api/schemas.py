"""Bodies and answers of REST v1. Shapes only; views of rows come from `feed.events`."""

from typing import Literal
from uuid import UUID

from ninja import Schema
from pydantic import ConfigDict, Field

from chatapp.core.limits import MAX_DISPLAY_NAME_CHARS
from chatapp.feed.events import ConversationView, GenerationStatus, GenerationView, MessageView

Language = Literal["en", "zh-hans"]


class Body(Schema):
    """A request's body: a field nobody declared is refused."""

    model_config = ConfigDict(extra="forbid")


class MeOut(Schema):
    id: UUID
    email: str
    display_name: str
    language: Language
    is_staff: bool
    max_text_chars: int


class MePatch(Body):
    language: Language | None = None
    display_name: str | None = Field(default=None, max_length=MAX_DISPLAY_NAME_CHARS)


class EngineOut(Schema):
    """What serves a model, and which optional parameters a turn may ask of it."""

    kind: str
    reason: str
    parameters: list[str]


class ModelOut(Schema):
    slug: str
    name: str
    description: str
    context_window: int
    max_new_tokens: int
    is_default: bool
    is_available: bool
    engine: EngineOut | None  # None: no worker said it yet


class ModelList(Schema):
    items: list[ModelOut]


class VariableOut(Schema):
    name: str
    label: str
    required: bool
    default: str


class TemplateOut(Schema):
    slug: str
    title: str
    description: str
    version: int
    variables: list[VariableOut]


class TemplateList(Schema):
    items: list[TemplateOut]


class TemplateChoiceIn(Body):
    slug: str
    version: int
    variables: dict[str, str] = Field(default_factory=dict, max_length=32)


class ConversationIn(Body):
    id: UUID
    model: str | None = None
    temperature: float | None = None
    template: TemplateChoiceIn | None = None


class ConversationPatch(Body):
    title: str | None = None
    model: str | None = None
    temperature: float | None = None
    active_leaf_id: UUID | None = None


class ConversationPageOut(Schema):
    feed: str
    items: list[ConversationView]
    next_page: str | None


class ConversationSnapshotOut(Schema):
    feed: str
    conversation: ConversationView
    messages: list[MessageView]
    generations: list[GenerationView]


class ConversationWindowOut(ConversationSnapshotOut):
    """The same of a part of the tree; `is_whole`: there are no other messages."""

    is_whole: bool


class SkeletonOut(Schema):
    """
    Which messages there are, oldest first, a column each: of ten thousand, a quarter of a megabyte.

    parents: a message of this page by its index, one of an earlier page by its id, null for a root.
    roles, states: one letter a message, the first of its word.
    restored: an answer that a reviewer gave back → the one it was taken from.
    """

    feed: str
    ids: list[UUID]
    parents: list[int | UUID | None]
    roles: str
    states: str
    restored: dict[UUID, UUID]
    next_after: UUID | None


class PlaceOut(Schema):
    status: GenerationStatus
    position: int
    is_worker_available: bool


class AppealIn(Body):
    """`words` may be empty: that somebody asks is enough."""

    words: str = ""
