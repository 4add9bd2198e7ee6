"""What a tree of messages means. Pure: rows in, rows out."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from chatapp.conversations.models import Message


def branch(messages: Iterable[Message], *, leaf_id: UUID | None) -> list[Message]:
    """
    The path from the root to `leaf_id`, root first; empty for no leaf.

    :raises KeyError: when the leaf, or a parent on the way, is not among the messages.
    """
    by_id = {message.id: message for message in messages}
    path: list[Message] = []
    while leaf_id is not None:
        path.append(by_id[leaf_id])
        leaf_id = path[-1].parent_id
    return path[::-1]


def siblings(messages: Sequence[Message], *, message: Message) -> list[Message]:
    """Every message with the same parent, oldest first, the message itself included."""
    return sorted((other for other in messages if other.parent_id == message.parent_id), key=lambda other: other.id)
