"""Reads generations, and what a page needs to show one conversation."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q, QuerySet

from chatapp.conversations.models import Conversation, Message
from chatapp.conversations.selectors import conversation_get, message_list
from chatapp.conversations.views import message_view
from chatapp.conversations.windows import (
    SkeletonPage,
    message_id_in_view,
    message_ids_around,
    message_ids_whole,
    message_list_by_ids,
    skeleton_page_list,
)
from chatapp.core.signs_of_life import worker_is_available
from chatapp.feed import log
from chatapp.feed.events import AppealState, GenerationView, MessageView
from chatapp.generations.errors import GenerationNotFound
from chatapp.generations.holding import queued_in_order
from chatapp.generations.models import LIVE_STATUSES, Generation, GenerationKind, GenerationStatus
from chatapp.generations.views import generation_view
from chatapp.review.selectors import appeal_states

# Some three hundred kilobytes of words at a time, whatever the length of the whole.
PART_MESSAGES = 200


@dataclass(frozen=True, slots=True)
class ConversationSnapshot:
    """
    `feed` is the cursor read before the rows: what happened since is in the feed after it.

    `messages` are rows, for the tree; `shown` are the same as a person sees them.
    """

    feed: str
    conversation: Conversation
    messages: list[Message]
    shown: list[MessageView]
    generations: list[GenerationView]


@dataclass(frozen=True, slots=True)
class ConversationWindow:
    """A part of a snapshot; `is_whole`: the tree has no message beside these."""

    part: ConversationSnapshot
    is_whole: bool


@dataclass(frozen=True, slots=True)
class ConversationSkeleton:
    """Which messages there are; `feed` as in a snapshot."""

    feed: str
    page: SkeletonPage


@dataclass(frozen=True, slots=True)
class Place:
    """Where a generation waits; `position` 1 is next, 0 no longer waiting."""

    status: str
    position: int
    is_worker_available: bool


def conversation_snapshot(*, owner_id: UUID, conversation_id: UUID) -> ConversationSnapshot:
    """
    The whole tree.

    :raises ConversationNotFound: not there, or another person's.
    """
    feed = log.feed_cursor()
    conversation = conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    views = _views(_answers().filter(conversation_id=conversation_id))
    # The messages come last: a generation that ended meanwhile then has its text here, or its end in the feed.
    messages = message_list(conversation_id=conversation_id)
    appeals = appeal_states(conversation_id=conversation_id)
    return ConversationSnapshot(feed, conversation, messages, _shown(messages, appeals), views)


def conversation_window(
    *, owner_id: UUID, conversation_id: UUID, at: UUID | None, before: int, after: int
) -> ConversationWindow:
    """
    The branch around one message, the one in view where none is named, and every answer under way.

    A small tree is given whole where no message is named.

    :raises ConversationNotFound: not there, or another person's.
    :raises MessageNotFound: `at` is not in this conversation.
    """
    feed = log.feed_cursor()
    conversation = conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    whole = message_ids_whole(conversation=conversation) if at is None else None
    ids = whole
    if ids is None:
        at = at or message_id_in_view(conversation=conversation)
        ids = message_ids_around(conversation=conversation, at=at, before=before, after=after)
    is_live = Q(owner_id=owner_id, conversation_id=conversation_id, status__in=LIVE_STATUSES)
    answers = _answers().filter(Q(message_id__in=ids) | is_live)
    appeals = appeal_states(conversation_id=conversation_id)
    return ConversationWindow(_part(feed, conversation, ids, answers, appeals), whole is not None)


def conversation_parts(*, conversation: Conversation, ids: Sequence[UUID]) -> Iterator[ConversationSnapshot]:
    """These messages in this order, a part at a time, each read when it is wanted. One part at least."""
    feed, appeals = log.feed_cursor(), appeal_states(conversation_id=conversation.id)
    for place in range(0, max(len(ids), 1), PART_MESSAGES):
        chosen = ids[place : place + PART_MESSAGES]
        yield _part(feed, conversation, chosen, _answers().filter(message_id__in=chosen), appeals)


def _part(
    feed: str,
    conversation: Conversation,
    ids: Sequence[UUID],
    answers: QuerySet[Generation],
    appeals: Mapping[UUID, AppealState],
) -> ConversationSnapshot:
    views = _views(answers)
    messages = message_list_by_ids(ids=ids)
    return ConversationSnapshot(feed, conversation, messages, _shown(messages, appeals), views)


def conversation_skeleton(*, owner_id: UUID, conversation_id: UUID, after: UUID | None) -> ConversationSkeleton:
    """:raises ConversationNotFound: not there, or another person's."""
    feed = log.feed_cursor()
    conversation = conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    return ConversationSkeleton(feed, skeleton_page_list(conversation=conversation, after=after))


def _answers() -> QuerySet[Generation]:
    return Generation.objects.filter(kind=GenerationKind.ANSWER).select_related("model").order_by("id")


def _views(answers: QuerySet[Generation]) -> list[GenerationView]:
    """With text and seq of one moment for those under way."""
    rows = list(answers)
    live_ids = [row.id for row in rows if row.status in LIVE_STATUSES]
    texts = dict(zip(live_ids, log.live_texts(live_ids), strict=True))
    return [generation_view(row, live=texts.get(row.id)) for row in rows]


def _shown(messages: list[Message], appeals: Mapping[UUID, AppealState]) -> list[MessageView]:
    return [message_view(row, appeal=appeals.get(row.id, "none")) for row in messages]


def generation_get(*, owner_id: UUID, generation_id: UUID) -> Generation:
    """:raises GenerationNotFound: not there, or another person's."""
    try:
        return Generation.objects.select_related("model").get(id=generation_id, owner_id=owner_id)
    except Generation.DoesNotExist:
        raise GenerationNotFound.of() from None


def generation_place(*, owner_id: UUID, generation_id: UUID) -> Place:
    """:raises GenerationNotFound:"""
    row = generation_get(owner_id=owner_id, generation_id=generation_id)
    position = 0
    if row.status == GenerationStatus.QUEUED:
        waiting = list(queued_in_order(model_slug=row.model.slug).values_list("id", flat=True))
        position = waiting.index(row.id) + 1 if row.id in waiting else 1
    return Place(row.status, position, worker_is_available(slug=row.model.slug))


def live_generations(*, owner_id: UUID) -> dict[UUID, UUID]:
    """Every answer under way of one person: generation → conversation. One indexed query."""
    rows = Generation.objects.filter(owner_id=owner_id, status__in=LIVE_STATUSES, kind=GenerationKind.ANSWER)
    return dict(rows.values_list("id", "conversation_id"))


def final_seqs(*, owner_id: UUID, generation_ids: Collection[UUID]) -> dict[UUID, int]:
    """Those of the generations that are this person's and have ended, with the seq that their text reached."""
    rows = Generation.objects.filter(owner_id=owner_id, id__in=generation_ids).exclude(status__in=LIVE_STATUSES)
    return dict(rows.values_list("id", "checkpoint_seq"))
