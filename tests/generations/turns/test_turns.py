"""Asking, editing, asking again: what is stored, and what the person is told."""

from uuid import uuid4

import pytest

from chatapp.conversations.errors import ConversationNotFound, MessageNotFound, ParentUnusable, TextEmpty, TextTooLong
from chatapp.conversations.models import Conversation, Message
from chatapp.core.errors import RateLimited
from chatapp.core.limits import MAX_LIVE_GENERATIONS_PER_USER, MAX_TEXT_CHARS
from chatapp.feed.models import OutboxFact
from chatapp.generations.errors import NothingToRegenerate, TurnInProgress
from chatapp.generations.models import Generation, GenerationStatus
from chatapp.generations.turns.services import turn_regenerate
from tests.support.factories import (
    leaf_id,
    make_answer,
    make_conversation,
    make_question,
    make_turn,
    make_user,
    start_turn,
)

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_user(), temperature=0.3)


def start(conversation, *, text="What is the capital of France?", parent=None, client_id=None, owner=None):
    owner_id, parent_id = owner and owner.id, parent and parent.id
    return start_turn(conversation, text, owner_id=owner_id, parent_id=parent_id, client_id=client_id)


def regenerate(answer, *, client_id=None, owner=None):
    owner_id = owner.id if owner else answer.owner_id
    return turn_regenerate(owner_id=owner_id, message_id=answer.id, client_turn_id=client_id or uuid4())


def nothing_was_stored() -> bool:
    return not any(model.objects.exists() for model in (Message, Generation, OutboxFact))


class TestTurnStart:
    def test_stores_the_question_and_the_place_of_its_answer(self, conversation):
        turn = start(conversation, text="  Why?\n")

        question, answer = conversation.messages.order_by("id")
        assert (question.role, question.text, question.parent) == ("user", "  Why?\n", None)
        assert (answer.id, answer.role, answer.text, answer.parent) == (turn.message_id, "assistant", None, question)
        assert leaf_id(conversation) == answer.id

    def test_queues_one_generation_with_what_holds_now(self, conversation):
        turn = start(conversation)

        row = Generation.objects.get()
        assert (row.id, row.message_id, row.status, row.attempt) == (turn.generation_id, turn.message_id, "queued", 0)
        assert (row.owner, row.model) == (conversation.owner, conversation.model)
        assert row.sampling["temperature"] == 0.3
        assert row.sampling["max_new_tokens"] == conversation.model.max_new_tokens
        assert 0 <= row.sampling["seed"] < 2**53

    def test_follows_an_answer(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))

        turn = start(conversation, parent=answer)

        assert Message.objects.get(id=turn.message_id).parent.parent == answer

    def test_moves_the_conversation_up_the_list(self, conversation):
        before = conversation.updated_at

        start(conversation)

        conversation.refresh_from_db()
        assert conversation.updated_at > before
        assert conversation.row_version == 2


class TestResend:
    def test_of_a_turn_returns_the_first(self, conversation):
        client_id = uuid4()
        first = start(conversation, client_id=client_id)

        again = start(conversation, client_id=client_id, text="Something else?")

        assert again == first
        assert conversation.messages.count() == 2

    def test_of_a_turn_is_no_new_turn_where_no_more_may_begin(self, conversation):
        client_id = uuid4()
        first = start(conversation, client_id=client_id)
        for _ in range(MAX_LIVE_GENERATIONS_PER_USER - 1):
            make_turn(conversation)

        assert start(conversation, client_id=client_id) == first

    def test_of_an_ended_turn_returns_the_first(self, conversation):
        generation = make_turn(conversation, status=GenerationStatus.COMPLETED)
        question = generation.message.parent
        Generation.objects.update(client_turn_id=question.client_message_id)

        again = start(conversation, client_id=question.client_message_id)

        assert again.generation_id == generation.id

    def test_by_another_person_is_another_turn(self, conversation):
        client_id = uuid4()
        start(conversation, client_id=client_id)
        theirs = make_conversation(make_user())

        turn = start(theirs, client_id=client_id)

        assert Message.objects.get(id=turn.message_id).conversation == theirs

    def test_of_a_regeneration_returns_the_first(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))
        client_id = uuid4()
        first = regenerate(answer, client_id=client_id)

        assert regenerate(answer, client_id=client_id) == first
        assert conversation.messages.count() == 3


class TestEdit:
    def test_makes_the_new_question_a_sibling_and_overwrites_nothing(self, conversation):
        first = start(conversation, text="Old?")
        Generation.objects.filter(id=first.generation_id).delete()

        second = start(conversation, text="New?")

        old, new = conversation.messages.filter(role="user").order_by("id")
        assert (old.text, new.text) == ("Old?", "New?")
        assert old.parent == new.parent
        assert leaf_id(conversation) == second.message_id

    def test_of_a_later_question_makes_a_sibling_below_the_same_answer(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))
        old = make_question(conversation, parent=answer)

        turn = start(conversation, parent=answer, text="New?")

        new = Message.objects.get(id=turn.message_id).parent
        assert (new.parent, new.text) == (old.parent, "New?")


class TestTurnRegenerate:
    def test_makes_a_sibling_of_the_answer_with_a_generation_of_its_own(self, conversation):
        answer = make_turn(conversation, status=GenerationStatus.COMPLETED).message
        client_id = uuid4()

        turn = regenerate(answer, client_id=client_id)

        sibling = Message.objects.get(id=turn.message_id)
        assert (sibling.parent, sibling.text) == (answer.parent, None)
        assert sibling.generation.client_turn_id == client_id
        assert sibling.generation != answer.generation
        assert leaf_id(conversation) == sibling.id
        answer.refresh_from_db()
        assert answer.text == "Because."

    def test_takes_another_seed(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))

        turns = [regenerate(answer) for _ in range(3)]

        seeds = {Generation.objects.get(id=turn.generation_id).sampling["seed"] for turn in turns}
        assert len(seeds) == 3

    def test_refuses_a_question(self, conversation):
        with pytest.raises(NothingToRegenerate):
            regenerate(make_question(conversation))

    def test_refuses_another_persons_answer(self, conversation):
        answer = make_answer(conversation, parent=make_question(conversation))

        with pytest.raises(MessageNotFound):
            regenerate(answer, owner=make_user())

    def test_waits_for_the_answer_under_way(self, conversation):
        with pytest.raises(TurnInProgress):
            regenerate(make_turn(conversation).message)


class TestRefusal:
    """Each is a typed error, and nothing is stored."""

    @pytest.mark.parametrize("text", ["", "   \n", "\x00"])
    def test_of_an_empty_text(self, conversation, text):
        with pytest.raises(TextEmpty):
            start(conversation, text=text)

        assert nothing_was_stored()

    def test_of_a_hundred_thousand_characters_says_both_numbers(self, conversation):
        with pytest.raises(TextTooLong) as refusal:
            start(conversation, text="x" * 100_000)

        assert refusal.value.details == {"length": 100_000, "limit": MAX_TEXT_CHARS}
        assert nothing_was_stored()

    def test_of_another_persons_conversation(self, conversation):
        with pytest.raises(ConversationNotFound):
            start(conversation, owner=make_user())

        assert nothing_was_stored()

    def test_of_a_conversation_that_is_not_there(self, conversation):
        with pytest.raises(ConversationNotFound):
            start(Conversation(id=uuid4(), owner_id=conversation.owner_id))

        assert nothing_was_stored()

    def test_of_a_parent_in_another_conversation_though_it_is_being_written(self, conversation):
        elsewhere = make_turn(make_conversation(make_user())).message

        with pytest.raises(MessageNotFound):
            start(conversation, parent=elsewhere)

    def test_of_a_question_as_parent(self, conversation):
        question = make_question(conversation)

        with pytest.raises(ParentUnusable):
            start(conversation, parent=question)

        assert list(conversation.messages.all()) == [question]

    @pytest.mark.parametrize("status", [GenerationStatus.QUEUED, GenerationStatus.RUNNING])
    def test_of_a_turn_below_an_answer_under_way(self, conversation, status):
        answer = make_turn(conversation, status=status).message

        with pytest.raises(TurnInProgress):
            start(conversation, parent=answer)

        assert conversation.messages.count() == 2

    def test_of_more_answers_at_once_than_one_person_may_have(self, conversation):
        for _ in range(MAX_LIVE_GENERATIONS_PER_USER - 1):
            make_turn(conversation)
        make_turn(conversation, status=GenerationStatus.COMPLETED)
        make_turn(make_conversation(make_user()))
        start(conversation)

        with pytest.raises(RateLimited) as refusal:
            start(conversation)

        assert refusal.value.details == {"limit": MAX_LIVE_GENERATIONS_PER_USER}
