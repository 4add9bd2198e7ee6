"""A conversation as pieces of a file, each read from the database when it is wanted."""

from collections.abc import Iterator
from typing import Literal
from uuid import UUID

from chatapp.conversations.selectors import conversation_get
from chatapp.conversations.windows import message_ids_all, message_ids_in_view
from chatapp.generations.selectors import conversation_parts
from chatapp.review.selectors import decisions_told
from chatapp.transfer.exports import export_name, json_parts, markdown_parts

FileFormat = Literal["json", "markdown"]


def conversation_export(*, owner_id: UUID, conversation_id: UUID, file_format: FileFormat) -> tuple[str, Iterator[str]]:
    """
    A file's name, and its pieces.

    :raises ConversationNotFound: not there, or another person's; before the first piece.
    """
    row = conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    if file_format == "json":
        parts = conversation_parts(conversation=row, ids=message_ids_all(conversation=row))
        pieces = json_parts(parts, decisions=decisions_told(conversation_id=row.id))
    else:
        pieces = markdown_parts(conversation_parts(conversation=row, ids=message_ids_in_view(conversation=row)))
    return export_name(row, file_format), pieces
