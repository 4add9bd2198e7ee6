"""Rows as the wire shows them. Pure; asks the database nothing that the selector did not fetch."""

from chatapp.conversations.models import Conversation, Message
from chatapp.feed.events import AppealState, ConversationView, MessageView, Notice, TemplateRef


def conversation_view(row: Conversation) -> ConversationView:
    version = row.template_version
    return ConversationView(
        id=row.id,
        title=row.title,
        model=row.model.slug,
        temperature=row.temperature,
        template=None
        if version is None
        else TemplateRef(slug=version.template.slug, title=version.template.title, version=version.version),
        active_leaf_id=row.active_leaf_id,
        row_version=row.row_version,
        created_at=row.created_at,
        updated_at=row.updated_at,
    )


def message_view(row: Message, *, appeal: AppealState = "none") -> MessageView:
    """appeal: what review knows of the message; a new one was never asked about."""
    return MessageView(
        id=row.id,
        conversation_id=row.conversation_id,
        parent_id=row.parent_id,
        role=row.role,  # type: ignore[arg-type]  # the check constraint message_role holds it to the literal
        text=row.text,
        state=row.state,  # type: ignore[arg-type]  # the check constraint message_state, likewise
        notice=None if row.notice is None else Notice.model_validate(row.notice),
        client_message_id=row.client_message_id,
        restored_from=row.restored_from_id,
        appeal=appeal,
        created_at=row.created_at,
    )
