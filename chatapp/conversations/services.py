"""Writes conversations and messages. Each change is one transaction with the fact that tells of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.db import IntegrityError, transaction

from chatapp.accounts.models import User
from chatapp.catalog.selectors import model_get_default, model_get_enabled
from chatapp.conversations.errors import (
    ConversationNotFound,
    IdTaken,
    MessageNotFound,
    ParentUnusable,
    TemperatureOutOfRange,
    TextEmpty,
    TextTooLong,
    TitleTooLong,
)
from chatapp.conversations.models import Conversation, Message, MessageRole, MessageState, TitleSource
from chatapp.conversations.selectors import conversation_get, conversation_get_for_update
from chatapp.conversations.views import conversation_view, message_view
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_TEMPERATURE, MAX_TEXT_CHARS, MAX_TITLE_CHARS
from chatapp.core.text import is_blank, storable
from chatapp.feed.events import (
    ConversationCreated,
    ConversationDeleted,
    ConversationUpdated,
    MessageCreated,
    MessageUpdated,
)
from chatapp.feed.outbox import fact_write
from chatapp.prompts.rendering import render
from chatapp.prompts.selectors import version_get


@dataclass(frozen=True, slots=True)
class TemplateChoice:
    """The prompt template a conversation begins with, and the values of its variables."""

    slug: str
    version: int
    variables: Mapping[str, str]


def conversation_create(
    *,
    owner: User,
    conversation_id: UUID,
    model_slug: str | None,
    temperature: float | None,
    template: TemplateChoice | None,
) -> Conversation:
    """
    Begin a conversation under an id that the client chose; the same id again returns the first.

    :raises ModelUnknown, TemplateUnknown, TemplateVariableMissing, TemperatureOutOfRange: bad choices.
    :raises IdTaken: the id is another person's conversation.
    """
    model = model_get_enabled(slug=model_slug) if model_slug else model_get_default()
    version = version_get(slug=template.slug, version=template.version) if template else None
    system_prompt = model.default_system_prompt
    if version and template:
        system_prompt = render(text=version.text, variables=version.variables, values=template.variables)
    temperature = temperature_check(model.default_temperature if temperature is None else temperature)
    try:
        with transaction.atomic():
            row = Conversation.objects.create(
                id=conversation_id,
                owner=owner,
                model=model,
                temperature=temperature,
                template_version=version,
                system_prompt=system_prompt,
            )
            fact_write(user_id=owner.id, fact=ConversationCreated(id=uuid7(), conversation=conversation_view(row)))
    except IntegrityError:
        return _created_before(owner_id=owner.id, conversation_id=conversation_id)
    return row


def _created_before(*, owner_id: UUID, conversation_id: UUID) -> Conversation:
    try:
        return conversation_get(owner_id=owner_id, conversation_id=conversation_id)
    except ConversationNotFound:
        raise IdTaken.of() from None


def temperature_check(temperature: float) -> float:
    """:raises TemperatureOutOfRange: outside [0, 2], or not a number."""
    if not 0.0 <= temperature <= MAX_TEMPERATURE:
        raise TemperatureOutOfRange.of(temperature)
    return temperature


@transaction.atomic
def conversation_update(
    *,
    owner_id: UUID,
    conversation_id: UUID,
    title: str | None = None,
    model_slug: str | None = None,
    temperature: float | None = None,
    active_leaf_id: UUID | None = None,
) -> Conversation:
    """
    Change what is given and leave the rest.

    :raises ConversationNotFound, ModelUnknown, TemperatureOutOfRange, TitleTooLong: bad choices.
    :raises MessageNotFound: the leaf is not a message of this conversation.
    """
    row = conversation_get_for_update(owner_id=owner_id, conversation_id=conversation_id)
    if title is not None:
        row.title, row.title_source = title_check(title), TitleSource.PERSON
    if model_slug is not None:
        row.model = model_get_enabled(slug=model_slug)
    if temperature is not None:
        row.temperature = temperature_check(temperature)
    if active_leaf_id is not None:
        if not row.messages.filter(id=active_leaf_id).exists():
            raise MessageNotFound.of()
        row.active_leaf_id = active_leaf_id
    _conversation_save(row)
    return row


def title_check(title: str) -> str:
    """One line, without surrounding space. :raises TitleTooLong, TextEmpty:"""
    title = " ".join(storable(title).split())
    if is_blank(title):
        raise TextEmpty.of()
    if len(title) > MAX_TITLE_CHARS:
        raise TitleTooLong.of(len(title))
    return title


def _conversation_save(row: Conversation) -> None:
    row.row_version += 1
    row.save()
    fact_write(user_id=row.owner_id, fact=ConversationUpdated(id=uuid7(), conversation=conversation_view(row)))


def conversation_title_by_model(*, row: Conversation, title: str) -> bool:
    """Give the model's title, unless a person was first. Call inside a transaction with the row locked."""
    title = storable(title)
    if row.title_source == TitleSource.PERSON or is_blank(title):
        return False
    row.title, row.title_source = title_check(title[:MAX_TITLE_CHARS]), TitleSource.MODEL
    _conversation_save(row)
    return True


@transaction.atomic
def conversation_delete(*, owner_id: UUID, conversation_id: UUID) -> None:
    """:raises ConversationNotFound:"""
    row = conversation_get_for_update(owner_id=owner_id, conversation_id=conversation_id)
    row.delete()
    fact_write(user_id=owner_id, fact=ConversationDeleted(id=uuid7(), conversation_id=conversation_id))


def text_check(text: str) -> str:
    """:raises TextEmpty, TextTooLong: with both numbers."""
    text = storable(text)
    if is_blank(text):
        raise TextEmpty.of()
    if len(text) > MAX_TEXT_CHARS:
        raise TextTooLong.of(len(text))
    return text


def user_message_add(
    *,
    conversation: Conversation,
    parent_id: UUID | None,
    client_message_id: UUID,
    text: str,
    notice: dict[str, str] | None = None,
) -> Message:
    """
    Put a person's message under an answer, or at the root. Call inside a transaction with the conversation locked.

    :raises MessageNotFound: the parent is not in this conversation.
    :raises ParentUnusable: the parent is another user message.
    """
    if parent_id is not None:
        parent = conversation.messages.filter(id=parent_id).first()
        if parent is None:
            raise MessageNotFound.of()
        if parent.role != MessageRole.ASSISTANT:
            raise ParentUnusable.of()
    message = Message.objects.create(
        id=uuid7(),
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent_id=parent_id,
        role=MessageRole.USER,
        text=text,
        notice=notice,
        client_message_id=client_message_id,
    )
    fact_write(user_id=conversation.owner_id, fact=MessageCreated(id=uuid7(), message=message_view(message)))
    return message


def question_mark(*, message: Message, state: MessageState, notice: dict[str, str]) -> None:
    """What a rule said of a question after it was stored. Call inside a transaction. Its text is written once."""
    message.state, message.notice = state, notice
    message.save(update_fields=["state", "notice"])
    fact_write(user_id=message.owner_id, fact=MessageUpdated(id=uuid7(), message=message_view(message)))


def assistant_message_add(*, conversation: Conversation, parent: Message) -> Message:
    """Put the place of an answer under a user message and make it the active leaf. Call as `user_message_add`."""
    message = Message.objects.create(
        id=uuid7(),
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent=parent,
        role=MessageRole.ASSISTANT,
        text=None,
    )
    fact_write(user_id=conversation.owner_id, fact=MessageCreated(id=uuid7(), message=message_view(message)))
    conversation.active_leaf, conversation.updated_at = message, clock.now()
    _conversation_save(conversation)
    return message


def restored_message_add(*, conversation: Conversation, withheld: Message, text: str) -> Message:
    """
    Put an answer that a reviewer gave back beside the one that was withheld. Call as `user_message_add`.

    It comes into view where the person still looks at the withheld one; whoever went on elsewhere is not pulled away.
    """
    message = Message.objects.create(
        id=uuid7(),
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent_id=withheld.parent_id,
        role=MessageRole.ASSISTANT,
        text=text,
        restored_from=withheld,
    )
    fact_write(user_id=conversation.owner_id, fact=MessageCreated(id=uuid7(), message=message_view(message)))
    if conversation.active_leaf_id == withheld.id:
        conversation.active_leaf, conversation.updated_at = message, clock.now()
        _conversation_save(conversation)
    return message
