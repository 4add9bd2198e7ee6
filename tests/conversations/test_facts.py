"""
Facts tell everything: folded, they give what a freshly opened page is given, after every step of a conversation's life.
"""

import pytest

from chatapp.conversations.services import TemplateChoice
from chatapp.core import clock
from chatapp.feed import keys
from chatapp.generations.holding import generation_claim, generation_requeue
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.services import conversation_remove, generation_cancel
from tests.support.factories import make_model
from tests.support.fold import fact_types, facts_of, fetched, folded
from tests.support.life import Life

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


class Told(Life):
    """A life whose facts are held against what is fetched."""

    def agrees(self) -> bool:
        """Whether the facts so far give what is fetched now."""
        known, truth = folded(self.owner.id), fetched(self.owner.id)
        assert known == truth
        return bool(truth.conversations)


@pytest.fixture
def life() -> Told:
    life = Told()
    life.begin()
    return life


class TestFacts:
    def test_tell_of_a_conversation_that_begins(self, life):
        assert life.agrees()

    def test_tell_of_the_template_it_begins_with(self):
        life = Told()

        life.begin(template=TemplateChoice("translator", 1, {"language": "Dutch"}))

        assert life.agrees()

    def test_tell_of_every_change(self, life):
        make_model("second")
        first = life.ask()
        life.ask()

        for change in (
            {"title": "Mine"},
            {"model_slug": "second"},
            {"temperature": 0.1},
            {"active_leaf_id": first.message_id},
        ):
            life.change(**change)
            assert life.agrees()

    def test_tell_of_turns_edits_and_regenerations(self, life):
        first = life.ask()
        assert life.agrees()
        life.end(life.claim())
        assert life.agrees()
        life.ask(parent=first)
        assert life.agrees()
        life.ask()
        assert life.agrees()
        life.again(first)
        assert life.agrees()

    @pytest.mark.parametrize("reason", list(FinishReason))
    def test_tell_of_an_answers_whole_life(self, life, reason):
        life.ask()
        row = life.claim()
        assert life.agrees()

        life.end(row, reason=reason)

        assert life.agrees()

    def test_tell_of_an_answer_that_lost_its_worker(self, life):
        life.ask()
        row = life.claim()
        generation_requeue(generation_id=row.id, attempt=row.attempt)
        assert life.agrees()

        life.end(life.claim())

        assert life.agrees()
        assert "generation.restarted" not in fact_types(life.owner.id)

    def test_tell_of_an_answer_whose_event_log_was_lost(self, life, event_log):
        life.ask()
        row = life.claim()
        before = facts_of(life.owner.id)
        event_log.delete(keys.state_key(row.id), keys.text_key(row.id))
        generation_requeue(generation_id=row.id, attempt=row.attempt)

        life.claim(text="Bec")

        assert life.agrees()
        assert [fact.type for fact in facts_of(life.owner.id)[len(before) :]] == [
            "generation.queued",
            "generation.restarted",
            "generation.started",
        ]

    def test_tell_of_an_answer_that_was_stopped_before_it_began(self, life):
        turn = life.ask()

        generation_cancel(row=Generation.objects.get(id=turn.generation_id), now=clock.now())

        assert life.agrees()

    def test_tell_of_the_models_title(self, life):
        life.ask()
        life.end(life.claim())
        title = generation_claim(model_slug="smollm2-135m-instruct", worker="worker-1", now=clock.now())

        life.end(title)

        assert life.agrees()
        assert fetched(life.owner.id).conversations[life.conversation_id].title == "Because."

    def test_tell_that_everything_is_gone(self, life):
        life.ask()

        conversation_remove(owner_id=life.owner.id, conversation_id=life.conversation_id)

        assert not life.agrees()

    def test_carry_a_row_version_that_grows_with_every_change(self, life):
        life.ask()
        life.change(title="Mine")
        life.change(temperature=0.1)

        told = [fact.conversation.row_version for fact in facts_of(life.owner.id) if hasattr(fact, "conversation")]

        assert told == [1, 2, 3, 4]
