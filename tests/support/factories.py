"""
Small builders of what tests begin with: people, models, conversations, trees, generations.

Each builds the least that the database accepts. Where a test is about a service, it calls the service itself.
"""

from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID, uuid4

from django.contrib.auth.models import Group
from django.test import Client

from chatapp.accounts.models import User
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import model_get_default
from chatapp.conversations.models import Conversation, Message, MessageRole
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.generations.ending import status_after
from chatapp.generations.models import FinishReason, Generation, GenerationKind, GenerationStatus
from chatapp.generations.sampling import Sampling
from chatapp.generations.turns.services import Turn, turn_start
from chatapp.moderation import models as moderation
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.moderation.rules.life_cycle import needs_approval
from chatapp.moderation.rules.services import rule_approve, rule_create
from chatapp.prompts.models import PromptTemplate, PromptTemplateVersion

_numbers = count(1)
SAMPLING: dict[str, Any] = {"temperature": 0.7, "top_k": 50, "top_p": 0.9, "seed": 1, "max_new_tokens": 64}


def make_user(**fields: Any) -> User:
    """A person without a password: `client.force_login` lets them in, and hashing one takes half a second."""
    return User.objects.create_user(fields.pop("email", f"person{next(_numbers)}@example.org"), **fields)


def make_staff(*groups: str, **fields: Any) -> User:
    """Somebody who sees the admin, with the rights of these groups."""
    user = make_user(is_staff=True, **fields)
    user.groups.set(Group.objects.filter(name__in=groups))
    return user


def signed_in(client: Client, *groups: str, **fields: Any) -> User:
    """A member of staff with whose rights the client's requests are made from here on."""
    user = make_staff(*groups, **fields)
    client.force_login(user)
    return user


def make_model(slug: str, **fields: Any) -> ChatModel:
    about = {"name": slug, "source": "tests", "path": slug, "context_window": 2048, "max_new_tokens": 64}
    return ChatModel.objects.create(slug=slug, **{**about, **fields})


def make_template_version(*, text: str, is_published: bool = True, **fields: Any) -> PromptTemplateVersion:
    slug = f"template-{next(_numbers)}"
    template = PromptTemplate.objects.create(slug=slug, title=slug, is_published=is_published)
    return PromptTemplateVersion.objects.create(template=template, version=1, text=text, **fields)


def make_conversation(owner: User, **fields: Any) -> Conversation:
    model = fields.pop("model", None) or model_get_default()
    about = {"id": uuid7(), "temperature": model.default_temperature}
    return Conversation.objects.create(owner=owner, model=model, **{**about, **fields})


def make_question(
    conversation: Conversation, *, parent: Message | None = None, text: str | None = "Why?", **fields: Any
) -> Message:
    return Message.objects.create(
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent=parent,
        role=MessageRole.USER,
        text=text,
        client_message_id=fields.pop("client_message_id", uuid4()),
        **fields,
    )


def make_answer(
    conversation: Conversation, *, parent: Message, text: str | None = "Because.", **fields: Any
) -> Message:
    """An answer without its generation; it becomes the active leaf."""
    message = Message.objects.create(
        conversation=conversation,
        owner_id=conversation.owner_id,
        parent=parent,
        role=MessageRole.ASSISTANT,
        text=text,
        **fields,
    )
    Conversation.objects.filter(id=conversation.id).update(active_leaf=message)
    conversation.active_leaf = message
    return message


def make_generation(
    message: Message, *, status: GenerationStatus = GenerationStatus.QUEUED, **fields: Any
) -> Generation:
    """The generation of an answer, in a state that the database allows."""
    conversation = message.conversation
    about = {"model": conversation.model, "sampling": SAMPLING, "client_turn_id": uuid4(), **_state_fields(status)}
    return Generation.objects.create(
        owner_id=message.owner_id, conversation=conversation, message=message, status=status, **{**about, **fields}
    )


def make_title_generation(conversation: Conversation, **fields: Any) -> Generation:
    about = {"model": conversation.model, "sampling": SAMPLING, **_state_fields(fields.get("status", "queued"))}
    return Generation.objects.create(
        kind=GenerationKind.TITLE, owner_id=conversation.owner_id, conversation=conversation, **{**about, **fields}
    )


def _state_fields(status: str) -> dict[str, Any]:
    match status:
        case GenerationStatus.QUEUED:
            return {}
        case GenerationStatus.RUNNING:
            until = clock.now() + timedelta(seconds=8)
            return {"attempt": 1, "worker": "worker-1", "lease_expires_at": until, "started_at": clock.now()}
        case _:
            return _ended_fields(status)


def _ended_fields(status: str) -> dict[str, Any]:
    reason = next(reason for reason in FinishReason if status_after(reason) == status)
    return {"attempt": 1, "finish_reason": reason, "started_at": clock.now(), "finished_at": clock.now()}


def make_turn(conversation: Conversation, *, parent: Message | None = None, **fields: Any) -> Generation:
    """A question, its answer under way, and the generation that writes it."""
    question = make_question(conversation, parent=parent)
    is_live = fields.get("status", GenerationStatus.QUEUED) in {GenerationStatus.QUEUED, GenerationStatus.RUNNING}
    return make_generation(make_answer(conversation, parent=question, text=None if is_live else "Because."), **fields)


def publish_rule(
    *words: str, action: str = "block", stages: tuple[str, ...] = ("input",), author: User | None = None, **fields: Any
) -> moderation.Rule:
    """Add an enforcing rule to those in force and publish; a second person approves it if it needs one."""
    author = author or make_user()
    rule = moderation.Rule(
        slug=f"rule-{next(_numbers)}",
        category="other",
        action=action,
        stages=list(stages),
        state="enforcing",
        words="\n".join(words),
        **fields,
    )
    rule_create(rule=rule, author=author, reason="for this test")
    if needs_approval(state=rule.state, action=rule.action, severity=rule.severity):
        rule_approve(rule_id=rule.id, number=rule.revision, approver=make_user(is_superuser=True))
    ruleset_publish(author=author, reason="for this test")
    return rule


def start_turn(
    conversation: Conversation,
    text: str,
    *,
    owner_id: UUID | None = None,
    parent_id: UUID | None = None,
    client_id: UUID | None = None,
    sampling: Sampling | None = None,
) -> Turn:
    """Ask as the edges do: judged, stored and queued. By its owner, for the first time, if not said."""
    return turn_start(
        owner_id=owner_id or conversation.owner_id,
        conversation_id=conversation.id,
        parent_id=parent_id,
        client_message_id=client_id or uuid4(),
        text=text,
        sampling=sampling,
    )


def leaf_id(conversation: Conversation) -> UUID | None:
    """The active leaf as the database has it now."""
    return Conversation.objects.values_list("active_leaf_id", flat=True).get(id=conversation.id)
