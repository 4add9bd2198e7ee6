"""Reads conversations; every read names the owner."""

import base64
import binascii
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from chatapp.conversations.errors import ConversationNotFound, IdTaken, MessageNotFound, PageUnknown
from chatapp.conversations.models import Conversation, Message
from chatapp.core.text import storable

MAX_PAGE = 500
MAX_PAGE_CHARS = 200  # of a cursor: a time and an id take about 110


@dataclass(frozen=True, slots=True)
class ConversationPage:
    """`next_page` is opaque; None on the last page."""

    rows: list[Conversation]
    next_page: str | None


def _conversations(owner_id: UUID) -> "QuerySet[Conversation]":
    return Conversation.objects.filter(owner_id=owner_id).select_related("model", "template_version__template")


def conversation_get(*, owner_id: UUID, conversation_id: UUID) -> Conversation:
    """:raises ConversationNotFound: not there, or another person's."""
    try:
        return _conversations(owner_id).get(id=conversation_id)
    except Conversation.DoesNotExist:
        raise ConversationNotFound.of() from None


def conversation_id_check(*, owner_id: UUID, conversation_id: UUID) -> None:
    """:raises IdTaken: the id is another person's conversation."""
    if Conversation.objects.filter(id=conversation_id).exclude(owner_id=owner_id).exists():
        raise IdTaken.of()


def conversation_get_for_update(*, owner_id: UUID, conversation_id: UUID) -> Conversation:
    """The same, its row locked until the transaction ends, so that two tabs take turns."""
    try:
        return _conversations(owner_id).select_for_update(of=("self",)).get(id=conversation_id)
    except Conversation.DoesNotExist:
        raise ConversationNotFound.of() from None


def conversation_list(*, owner_id: UUID, query: str, page: str | None, limit: int) -> ConversationPage:
    """
    Newest activity first, titles that contain the query (letter case ignored), continued after `page`.

    :raises PageUnknown: when `page` is not one that an earlier answer gave.
    """
    limit = max(1, min(limit, MAX_PAGE))
    rows = _conversations(owner_id).order_by("-updated_at", "-id")
    if query := storable(query).strip():
        rows = rows.filter(title__icontains=query)
    if page:
        updated_at, last_id = _page_decode(page)
        rows = rows.filter(Q(updated_at__lt=updated_at) | Q(updated_at=updated_at, id__lt=last_id))
    found = list(rows[: limit + 1])
    more = len(found) > limit
    return ConversationPage(found[:limit], _page_encode(found[limit - 1]) if more else None)


def _page_encode(row: Conversation) -> str:
    return base64.urlsafe_b64encode(json.dumps([row.updated_at.isoformat(), str(row.id)]).encode()).decode()


def _page_decode(page: str) -> tuple[datetime, UUID]:
    if len(page) > MAX_PAGE_CHARS:
        raise PageUnknown.of()
    try:
        updated_at, last_id = json.loads(base64.urlsafe_b64decode(page.encode()))
        return datetime.fromisoformat(updated_at).astimezone(UTC), UUID(last_id)
    except (ValueError, TypeError, AttributeError, OverflowError, binascii.Error):
        raise PageUnknown.of() from None


def message_list(*, conversation_id: UUID) -> list[Message]:
    """The whole tree, oldest first: UUIDv7 keys sort by time."""
    return list(Message.objects.filter(conversation_id=conversation_id).order_by("id"))


def message_get(*, owner_id: UUID, message_id: UUID) -> Message:
    """:raises MessageNotFound: not there, or another person's."""
    try:
        return Message.objects.get(id=message_id, owner_id=owner_id)
    except Message.DoesNotExist:
        raise MessageNotFound.of() from None


def message_find_resent(*, owner_id: UUID, client_message_id: UUID) -> Message | None:
    """The message that an earlier send of the same client id made."""
    return Message.objects.filter(owner_id=owner_id, client_message_id=client_message_id).first()


def system_prompt_is_published(conversation: Conversation) -> bool:
    """Whether it is the text of a template that everybody may choose, as it was published."""
    version = conversation.template_version
    if version is None:
        return False
    return not version.variables and version.template.is_published and version.text == conversation.system_prompt


def system_prompt_is_public(conversation: Conversation) -> bool:
    """
    Whether the system prompt says nothing of the person: it is a published template's own text, or the model's default.

    What is public may be computed once for everybody (inference.types.GenerationRequest.num_shared_messages).
    """
    if conversation.template_version is None:
        return conversation.system_prompt == conversation.model.default_system_prompt
    return system_prompt_is_published(conversation)
