"""Cases for tests: answers that a gate judged in pieces, with their decisions on record, and people who review."""

from collections.abc import Callable
from dataclasses import dataclass

from chatapp.accounts.models import User
from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.judging.gate import OutputGate, judge
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.review.cases.appeals import message_appeal
from chatapp.review.cases.services import case_claim
from chatapp.review.models import Decision, ReviewCase, ReviewOutcome
from chatapp.review.services import decisions_record
from tests.support.factories import make_answer, make_conversation, make_question, make_user


@dataclass(frozen=True)
class Judged:
    """An answer as the product stored it. read: what the gate had read of it."""

    message: Message
    read: str

    @property
    def owner(self) -> User:
        return self.message.owner


def judged_answer(text: str, *, conversation: Conversation | None = None, size: int = 4) -> Judged:
    """Let an answer through the gate of the rules in force, in pieces, and store what a worker stores of it."""
    conversation = conversation or make_conversation(make_user())
    gate = OutputGate(ruleset_current())
    question = make_question(conversation, parent=conversation.active_leaf, text="Tell me.")
    message_id, released = uuid7(), ""
    for step in [*(gate.feed(text[at : at + size]) for at in range(0, len(text), size)), gate.finish()]:
        released += step.released
        if step.verdict is not None:
            decisions_record(
                conversation_id=conversation.id,
                owner_id=conversation.owner_id,
                message_id=message_id,
                generation_id=uuid7(),
                verdict=step.verdict,
                stage=Stage.OUTPUT,
                withheld_text=step.withheld_text,
                latency_us=1,
            )
    state = "withheld" if gate.blocked else "visible"
    message = make_answer(conversation, parent=question, text=released, id=message_id, state=state)
    return Judged(message, text[: gate._scanner.num_chars] if gate.blocked else text)


def refused_input(text: str, *, owner: User | None = None, conversation: Conversation | None = None) -> Decision:
    """What is on record of a message that was not stored."""
    conversation = conversation or make_conversation(owner or make_user())
    rows = decisions_record(
        conversation_id=conversation.id,
        owner_id=conversation.owner_id,
        message_id=None,
        generation_id=None,
        verdict=judge(ruleset_current(), text, Stage.INPUT),
        stage=Stage.INPUT,
        withheld_text=text,
        latency_us=1,
    )
    return rows[0]


def appealed(judged: Judged, words: str = "It was a recipe.") -> ReviewCase:
    return message_appeal(owner_id=judged.owner.id, message_id=judged.message.id, words=words, now=clock.now())


def claimed(case: ReviewCase, reviewer: User) -> ReviewCase:
    return case_claim(case_id=case.id, reviewer=reviewer, now=clock.now())


def resolve(
    resolving: Callable[..., ReviewOutcome], case: ReviewCase, reviewer: User, *, reason: str = "harmless"
) -> ReviewOutcome:
    return resolving(case_id=case.id, reviewer=reviewer, reason=reason, now=clock.now())
