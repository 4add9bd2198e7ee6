"""
A conversation as a file: JSON (the whole tree, schema `chatapp/conversation/1`) and Markdown (the branch in view).

Pure: a snapshot in, text out. The JSON has everything that a person sees, how each answer was made, and what rules took
away of each message, by category: never which words.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from chatapp.conversations.models import Message, MessageRole
from chatapp.conversations.tree import branch
from chatapp.conversations.views import conversation_view
from chatapp.feed.events import GenerationView, MessageView
from chatapp.generations.selectors import ConversationSnapshot
from chatapp.moderation.judging.verdict import Action
from chatapp.review.models import Decision

SCHEMA = "chatapp/conversation/1"


def export_json(snapshot: ConversationSnapshot, *, decisions: Mapping[UUID, Sequence[Decision]]) -> str:
    """
    One JSON object: `schema`, `conversation`, `messages` oldest first, each answer with its `generation`.

    decisions: by message, those that a person is told of.
    """
    made_by = {generation.message_id: generation for generation in snapshot.generations}
    conversation = conversation_view(snapshot.conversation).model_dump(mode="json")
    body = {
        "schema": SCHEMA,
        "conversation": {**conversation, "system_prompt": snapshot.conversation.system_prompt},
        "messages": [
            _message_json(message, made_by.get(message.id), decisions.get(message.id, ())) for message in snapshot.shown
        ],
    }
    return json.dumps(body, ensure_ascii=False, indent=2) + "\n"


def _message_json(
    message: MessageView, generation: GenerationView | None, decisions: Sequence[Decision]
) -> dict[str, Any]:
    body = message.model_dump(mode="json", exclude={"conversation_id", "client_message_id"})
    body["decisions"] = [
        {"action": row.action, "category": row.category, "created_at": row.created_at.isoformat()} for row in decisions
    ]
    if generation is not None:
        made = generation.model_dump(mode="json", exclude={"conversation_id", "message_id", "seq", "text"})
        # An answer under way is exported with the text that is on screen.
        body["text"] = message.text if message.text is not None else generation.text
        body["generation"] = made
    return body


def export_markdown(snapshot: ConversationSnapshot) -> str:
    """The branch in view, one heading a message; what a rule said of a message stands beneath it."""
    made_by = {generation.message_id: generation for generation in snapshot.generations}
    shown = {message.id: message for message in snapshot.shown}
    parts = [f"# {snapshot.conversation.title or _('Untitled conversation')}"]
    for message in branch(snapshot.messages, leaf_id=snapshot.conversation.active_leaf_id):
        generation = made_by.get(message.id)
        speaker = generation.model if generation else _("Answer")
        heading = _("You") if message.role == MessageRole.USER else speaker
        parts += [f"## {heading}", _text(message, generation), _appeal(shown[message.id])]
    return "\n\n".join(part for part in parts if part) + "\n"


def _text(message: Message, generation: GenerationView | None) -> str:
    """With what a rule said of it beneath, as the page shows it."""
    text = message.text if message.text is not None else (generation.text if generation else "")
    return "\n\n".join(part for part in (text, *map(_quoted, _told(message))) if part)


def _told(message: Message) -> Iterator[str]:
    if message.notice is None:
        return
    if message.notice.get("action") == Action.SAFE_COMPLETION:
        yield _("This answer, or its end, was written by the people who run this service.")
    yield message.notice["text"]


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.splitlines())


def _appeal(message: MessageView) -> str:
    """A line on what review made of it, or of where this answer comes from."""
    if message.restored_from is not None:
        return f"> {_('Restored after review.')}"
    match message.appeal:
        case "none":
            return ""
        case "waiting":
            return f"> {_('A review was asked for.')}"
        case "confirmed":
            return f"> {_('A reviewer confirmed this.')}"
        case "overturned":
            return f"> {_('A reviewer overturned this.')}"


def export_name(snapshot: ConversationSnapshot, file_format: Literal["json", "markdown"]) -> str:
    """A file name of plain letters: titles may hold anything."""
    return f"conversation-{str(snapshot.conversation.id)[:8]}.{'json' if file_format == 'json' else 'md'}"
