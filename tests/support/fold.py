"""
What a client knows: facts folded into state, and the same state fetched. Where the two differ, an event is missing.

A second writing of the front end's reducer, on purpose: it owes nothing to the code that emits the facts.
"""

from dataclasses import dataclass, field
from uuid import UUID

from chatapp.conversations.models import Conversation
from chatapp.conversations.views import conversation_view
from chatapp.core.redis import redis_sync
from chatapp.feed import events, keys
from chatapp.generations.selectors import conversation_snapshot


@dataclass
class Known:
    """Everything of one person that a client can show."""

    conversations: dict[UUID, events.ConversationView] = field(default_factory=dict)
    messages: dict[UUID, events.MessageView] = field(default_factory=dict)
    generations: dict[UUID, events.GenerationView] = field(default_factory=dict)

    def apply(self, fact: events.AnyFact) -> None:
        match fact:
            case events.ConversationCreated() | events.ConversationUpdated():
                self.conversations[fact.conversation.id] = fact.conversation
            case events.ConversationDeleted():
                self._forget(fact.conversation_id)
            case events.MessageCreated() | events.MessageUpdated():
                self.messages[fact.message.id] = fact.message
            case events.GenerationFinished():
                self.generations[fact.generation.id] = fact.generation
                self.messages[fact.message.id] = fact.message
            case events.GenerationQueued() | events.GenerationStarted() | events.GenerationRestarted():
                self.generations[fact.generation.id] = fact.generation
            case events.AppealUpdated():
                self._appeal(fact.appeal)

    def _appeal(self, appeal: events.AppealView) -> None:
        if appeal.message_id is not None:
            message = self.messages[appeal.message_id]
            self.messages[appeal.message_id] = message.model_copy(update={"appeal": appeal.state})

    def _forget(self, conversation_id: UUID) -> None:
        del self.conversations[conversation_id]
        self.messages = {key: row for key, row in self.messages.items() if row.conversation_id != conversation_id}
        self.generations = {key: row for key, row in self.generations.items() if row.conversation_id != conversation_id}


def facts_of(user_id: UUID) -> list[events.AnyFact]:
    """Every fact in a person's feed, oldest first."""
    entries = redis_sync().xrange(keys.feed_key(user_id))
    return [events.fact_adapter.validate_json(fields[b"body"]) for _, fields in entries]


def fact_types(user_id: UUID) -> list[str]:
    return [fact.type for fact in facts_of(user_id)]


def folded(user_id: UUID) -> Known:
    known = Known()
    for fact in facts_of(user_id):
        known.apply(fact)
    return known


def fetched(user_id: UUID) -> Known:
    """The same, read freshly as a page that was just opened would."""
    known = Known()
    for row in Conversation.objects.filter(owner_id=user_id):
        snapshot = conversation_snapshot(owner_id=user_id, conversation_id=row.id)
        known.conversations[row.id] = conversation_view(snapshot.conversation)
        known.messages |= {message.id: message for message in snapshot.shown}
        known.generations |= {generation.id: generation for generation in snapshot.generations}
    return known
