"""What a claimed generation asks of the model: the conversation's messages, cut to what the engine's window holds."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chatapp.conversations.models import Conversation, Message, MessageState
from chatapp.conversations.selectors import message_list
from chatapp.conversations.tree import branch
from chatapp.generations.models import Generation, GenerationKind
from chatapp.generations.prompting.context import Context, PromptMessage, build_context
from chatapp.generations.prompting.titles import title_prompt
from chatapp.moderation.judging.hidden_unicode import strip_hidden


def prompt_context(
    row: Generation, *, count_tokens: Callable[[Sequence[PromptMessage]], int], context_window: int
) -> Context:
    """
    Read the messages before the answer and choose those that fit; a title has a prompt of its own.

    count_tokens, context_window: the engine's, for its tokenizer is nowhere else.
    """
    conversation = row.conversation
    path = _prompt_branch(row, conversation)
    system_prompt = conversation.system_prompt
    if row.kind == GenerationKind.TITLE:
        (head, *path) = title_prompt(path)
        system_prompt = head.text
    return build_context(
        system_prompt=system_prompt,
        branch=path,
        count_tokens=count_tokens,
        context_window=context_window,
        max_new_tokens=row.sampling["max_new_tokens"],
    )


def _asked(message: Message, row: Generation) -> str:
    """Nothing of an earlier question that was withheld: only its author sees that."""
    is_asked_now = row.message is not None and row.message.parent_id == message.id
    return "" if message.state == MessageState.WITHHELD and not is_asked_now else message.text or ""


def _prompt_branch(row: Generation, conversation: Conversation) -> list[PromptMessage]:
    """
    The messages before the answer, root first; for a title those of the branch in view.

    What a person hid in invisible characters stays in their message and is not read by the model.
    """
    messages = message_list(conversation_id=conversation.id)
    leaf_id: UUID | None = row.message.parent_id if row.message else conversation.active_leaf_id
    return [
        PromptMessage(message.id, "user", strip_hidden(_asked(message, row)))
        if message.role == "user"
        else PromptMessage(message.id, "assistant", message.text or "")
        for message in branch(messages, leaf_id=leaf_id)
    ]
