"""A conversation's life, step by step, through the services that the edges call: no task is run and no engine asked."""

from uuid import uuid4

from chatapp.conversations.services import TemplateChoice, conversation_create, conversation_update
from chatapp.core import clock
from chatapp.feed import log
from chatapp.feed.events import ContextReport, Timings, Usage
from chatapp.generations.ending import Ending
from chatapp.generations.holding import generation_claim, generation_started
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.services import generation_end
from chatapp.generations.turns.services import Turn, turn_regenerate, turn_start
from tests.support.factories import make_user


class Life:
    """One person's conversation, step by step, through the services that the edges call."""

    def __init__(self) -> None:
        self.owner = make_user()
        self.conversation_id = uuid4()

    def begin(self, *, template: TemplateChoice | None = None) -> None:
        conversation_create(
            owner=self.owner,
            conversation_id=self.conversation_id,
            model_slug=None,
            temperature=None,
            template=template,
        )

    def change(self, **changes) -> None:
        conversation_update(owner_id=self.owner.id, conversation_id=self.conversation_id, **changes)

    def ask(self, *, parent: Turn | None = None) -> Turn:
        return turn_start(
            owner_id=self.owner.id,
            conversation_id=self.conversation_id,
            parent_id=parent.message_id if parent else None,
            client_message_id=uuid4(),
            text="Why?",
        )

    def again(self, turn: Turn) -> Turn:
        return turn_regenerate(owner_id=self.owner.id, message_id=turn.message_id, client_turn_id=uuid4())

    def claim(self, *, text: str = "") -> Generation:
        row = generation_claim(model_slug="smollm2-135m-instruct", worker="worker-1", now=clock.now())
        assert row is not None
        start = log.take_over(generation_id=row.id, attempt=row.attempt, fallback_text=text, fallback_seq=len(text))
        context = ContextReport(num_messages=1, num_prompt_tokens=9, context_window=2048, left_out_message_ids=())
        generation_started(row=row, context=context, ruleset_version=1, start=start)
        return row

    def end(self, row: Generation, *, reason: FinishReason = FinishReason.STOP) -> None:
        ending = Ending(
            finish_reason=reason,
            text="Because.",
            seq=1,
            usage=Usage(num_prompt_tokens=9, num_completion_tokens=2),
            timings=Timings(first_token_s=None, total_s=0.5),
            error_code="engine_failed" if reason is FinishReason.ERROR else None,
        )
        assert generation_end(generation_id=row.id, attempt=row.attempt, ending=ending, now=clock.now())
