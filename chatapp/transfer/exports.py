"""
A conversation as a file: JSON (the whole tree, schema `chatapp/conversation/1`) and Markdown (the branch in view).

Parts of a conversation in, pieces of text out: nothing waits for the whole, and nothing holds it. The JSON has
everything that a person sees, how each answer was made, and what rules took away of each message, by category: never
which words.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal
from uuid import UUID

from django.utils.translation import gettext as _

from chatapp.conversations.models import Conversation, Message, MessageRole
from chatapp.conversations.views import conversation_view
from chatapp.feed.events import GenerationView, MessageView
from chatapp.generations.selectors import ConversationSnapshot
from chatapp.moderation.judging.verdict import Action
from chatapp.review.models import Decision

SCHEMA = "chatapp/conversation/1"
MAX_FILE_TITLE_BYTES = 180
# What Windows, macOS or Linux refuse in a name, and what would make one look like another: controls of direction.
_NO_FILE_NAME = re.compile(
    r'[\x00-\x1f\x7f-\x9f\\/:*?"<>|%\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ufff0-\uffff]'
)


def json_parts(parts: Iterable[ConversationSnapshot], *, decisions: Mapping[UUID, Sequence[Decision]]) -> Iterator[str]:
    """
    One JSON object in pieces: `schema`, `conversation`, `messages` in their order, each answer with its `generation`.

    parts: of one conversation, at least one. decisions: by message, those that a person is told of.
    """
    before = ""
    for part in parts:
        if not before:
            yield _head(part.conversation)
            before = "\n"
        made_by = {generation.message_id: generation for generation in part.generations}
        for message in part.shown:
            body = _message_json(message, made_by.get(message.id), decisions.get(message.id, ()))
            # What a message quotes has its line breaks escaped: those that stand here are JSON's own.
            yield before + "    " + json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n    ")
            before = ",\n"
    yield "\n  ]\n}\n" if before == ",\n" else "]\n}\n"


def _head(row: Conversation) -> str:
    """The object up to its messages."""
    about = {**conversation_view(row).model_dump(mode="json"), "system_prompt": row.system_prompt}
    head = json.dumps({"schema": SCHEMA, "conversation": about, "messages": []}, ensure_ascii=False, indent=2)
    return head.removesuffix("]\n}")


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


def markdown_parts(parts: Iterable[ConversationSnapshot]) -> Iterator[str]:
    """The branch in view, one heading a message; what a rule said of a message stands beneath it. At least one part."""
    has_title = False
    for part in parts:
        if not has_title:
            yield f"# {part.conversation.title or _('Untitled conversation')}\n"
            has_title = True
        made_by = {generation.message_id: generation for generation in part.generations}
        for row, message in zip(part.messages, part.shown, strict=True):
            generation = made_by.get(row.id)
            speaker = generation.model if generation else _("Answer")
            heading = _("You") if row.role == MessageRole.USER else speaker
            pieces = (f"## {heading}", _text(row, generation), _appeal(message))
            yield "\n" + "\n\n".join(piece for piece in pieces if piece) + "\n"


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


def export_name(row: Conversation, file_format: Literal["json", "markdown"]) -> str:
    """The title, as far as every system lets a file be called so, and a part of the id, which tells two alike apart."""
    title = " ".join(_NO_FILE_NAME.sub(" ", row.title).split()).strip(". ")
    # What a file is called may take 255 bytes: three for a Chinese character, and the id and the ending behind it.
    title = title.encode()[:MAX_FILE_TITLE_BYTES].decode(errors="ignore").strip(". ")
    return f"{title or 'conversation'}-{str(row.id)[:8]}.{'json' if file_format == 'json' else 'md'}"
