"""
Reads a part of a tree: the branch around one message, and which messages there are.

What these cost grows with what they give, not with the conversation: a step of a walk is one look into an index. They
take the conversation for the person's own; whoever calls has asked for it by its owner.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

from chatapp.conversations.errors import MessageNotFound
from chatapp.conversations.models import Conversation, Message

# A screen holds five to ten messages; this is what a person reads before the next window has come.
DEFAULT_WINDOW_BEFORE = 40
# The page goes on from the leaf to the newest message below it.
DEFAULT_WINDOW_AFTER = 10
MAX_WINDOW = 200
# A tree of so few messages is read whole, and no second call is needed.
MAX_WHOLE = 100
# Two hundred kilobytes on the wire, decoded in a few milliseconds.
SKELETON_PAGE = 2000

_ANCESTORS = """
    WITH RECURSIVE walk(id, parent_id, num_steps) AS (
        SELECT id, parent_id, 0 FROM conversations_message WHERE id = %s AND conversation_id = %s
        UNION ALL
        SELECT parent.id, parent.parent_id, walk.num_steps + 1
        FROM conversations_message parent JOIN walk ON parent.id = walk.parent_id WHERE walk.num_steps < %s
    )
    SELECT id FROM walk
"""
_NEWEST_DESCENDANTS = """
    WITH RECURSIVE walk(id, num_steps) AS (
        SELECT id, 0 FROM conversations_message WHERE id = %s AND conversation_id = %s
        UNION ALL
        SELECT (
            SELECT child.id FROM conversations_message child
            WHERE child.parent_id = walk.id ORDER BY child.id DESC LIMIT 1
        ), walk.num_steps + 1
        FROM walk WHERE walk.id IS NOT NULL AND walk.num_steps < %s
    )
    SELECT id FROM walk WHERE id IS NOT NULL
"""


@dataclass(frozen=True, slots=True)
class SkeletonPage:
    """Messages without their words (deferred fields), oldest first. `next_after` continues; None on the last page."""

    rows: list[Message]
    next_after: UUID | None


def message_ids_around(*, conversation: Conversation, at: UUID, before: int, after: int) -> list[UUID]:
    """
    The ids of a branch around one message: up to `before` above it, itself, and up to `after` of the newest below.

    In no order: the rows say who follows whom.

    :raises MessageNotFound: `at` is not in this conversation.
    """
    found = {
        *_walk(_ANCESTORS, at=at, conversation=conversation, num_steps=before),
        *_walk(_NEWEST_DESCENDANTS, at=at, conversation=conversation, num_steps=after),
    }
    if not found:
        raise MessageNotFound.of()
    return sorted(found)


def _walk(sql: str, *, at: UUID, conversation: Conversation, num_steps: int) -> list[UUID]:
    # Raw SQL takes a key as the database writes it: SQLite has no type for it.
    ends = [UUIDField().get_db_prep_value(key, connection) for key in (at, conversation.id)]
    rows = Message.objects.raw(sql, [*ends, num_steps])
    return [row.id for row in rows]


def message_ids_whole(*, conversation: Conversation) -> list[UUID] | None:
    """Every id, oldest first; None where there are too many to read in one go."""
    rows = Message.objects.filter(conversation=conversation).order_by("id")
    ids = list(rows.values_list("id", flat=True)[: MAX_WHOLE + 1])
    return ids if len(ids) <= MAX_WHOLE else None


def message_id_in_view(*, conversation: Conversation) -> UUID:
    """The message whose branch is looked at: the active leaf, else the newest. Only where there is a message."""
    if conversation.active_leaf_id is not None:
        return conversation.active_leaf_id
    newest: UUID = Message.objects.filter(conversation=conversation).order_by("-id").values_list("id", flat=True)[0]
    return newest


def message_ids_all(*, conversation: Conversation) -> list[UUID]:
    """Every id, oldest first."""
    return list(Message.objects.filter(conversation=conversation).order_by("id").values_list("id", flat=True))


def message_ids_in_view(*, conversation: Conversation) -> list[UUID]:
    """The branch of the active leaf from its root on, read without its words."""
    rows = Message.objects.filter(conversation=conversation).values_list("id", "parent_id")
    parent_of: dict[UUID, UUID | None] = dict(rows)
    path: list[UUID] = []
    at = conversation.active_leaf_id
    while at is not None:
        path.append(at)
        at = parent_of[at]
    return path[::-1]


def message_list_by_ids(*, ids: Sequence[UUID]) -> list[Message]:
    """The rows in the order of their ids here; one that was deleted meanwhile is left out."""
    rows = Message.objects.in_bulk(ids)
    return [rows[key] for key in ids if key in rows]


def skeleton_page_list(*, conversation: Conversation, after: UUID | None) -> SkeletonPage:
    """The next of a tree's messages by id: keys sort by time, so what is added comes at the end."""
    rows = Message.objects.filter(conversation=conversation).order_by("id")
    if after is not None:
        rows = rows.filter(id__gt=after)
    found = list(rows.only("id", "parent_id", "role", "state", "restored_from_id")[: SKELETON_PAGE + 1])
    return SkeletonPage(found[:SKELETON_PAGE], found[SKELETON_PAGE - 1].id if len(found) > SKELETON_PAGE else None)
