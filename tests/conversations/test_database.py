"""What the database itself forbids about the tree, whoever writes."""

from uuid import uuid4

import pytest
from django.db import IntegrityError, transaction

from chatapp.conversations.models import Conversation, Message, MessageState
from tests.support.factories import make_answer, make_conversation, make_question, make_user

# PostgreSQL checks the composite keys at commit, so these tests commit.
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


@pytest.fixture
def conversation() -> Conversation:
    return make_conversation(make_user())


@pytest.fixture
def another(conversation) -> Conversation:
    return make_conversation(conversation.owner)


class TestParent:
    def test_of_another_conversation_is_refused(self, conversation, another):
        elsewhere = make_question(another)

        with pytest.raises(IntegrityError), transaction.atomic():
            make_answer(conversation, parent=elsewhere)

        assert not conversation.messages.exists()

    def test_of_another_conversation_is_refused_later_too(self, conversation, another):
        answer = make_answer(conversation, parent=make_question(conversation))
        elsewhere = make_question(another)

        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.filter(id=answer.id).update(parent=elsewhere)

    def test_that_never_was_is_refused(self, conversation):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_question(conversation, parent=Message(id=uuid4()))

    def test_does_not_leave_its_answers_for_another_conversation(self, conversation, another):
        question = make_question(conversation)
        make_answer(conversation, parent=question)

        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.filter(id=question.id).update(conversation=another)


class TestActiveLeaf:
    def test_of_another_conversation_is_refused(self, conversation, another):
        elsewhere = make_question(another)

        with pytest.raises(IntegrityError), transaction.atomic():
            Conversation.objects.filter(id=conversation.id).update(active_leaf=elsewhere)

    def test_of_another_conversation_is_refused_from_the_beginning(self, another):
        elsewhere = make_question(another)

        with pytest.raises(IntegrityError), transaction.atomic():
            make_conversation(another.owner, active_leaf=elsewhere)


class TestText:
    @pytest.fixture
    def answer(self, conversation) -> Message:
        return make_answer(conversation, parent=make_question(conversation), text=None)

    @staticmethod
    def write(answer: Message, **fields: object) -> None:
        with transaction.atomic():
            Message.objects.filter(id=answer.id).update(**fields)

    def test_is_written_once(self, answer):
        self.write(answer, text="first")

        with pytest.raises(IntegrityError, match="written once"):
            self.write(answer, text="second")

        answer.refresh_from_db()
        assert answer.text == "first"

    def test_may_be_written_again_as_it_is(self, answer):
        self.write(answer, text="first")

        self.write(answer, text="first")

        answer.refresh_from_db()
        assert answer.text == "first"

    def test_is_written_once_even_where_it_is_empty(self, answer):
        self.write(answer, text="")

        with pytest.raises(IntegrityError, match="written once"):
            self.write(answer, text="late")

    def test_of_a_person_is_written_once_too(self, conversation):
        question = make_question(conversation)

        with pytest.raises(IntegrityError, match="written once"):
            self.write(question, text="what I never said")

    def test_may_be_erased(self, answer):
        self.write(answer, text="first")

        self.write(answer, text=None, state=MessageState.ERASED)

        answer.refresh_from_db()
        assert (answer.text, answer.state) == (None, "erased")

    def test_is_not_taken_away_without_saying_so(self, answer):
        self.write(answer, text="first")

        with pytest.raises(IntegrityError, match="written once"):
            self.write(answer, text=None)

    @pytest.mark.parametrize("state", ["erased", "visible"])
    def test_does_not_come_back_after_it_was_erased(self, answer, state):
        self.write(answer, text="first")
        self.write(answer, text=None, state=MessageState.ERASED)

        with pytest.raises(IntegrityError):
            self.write(answer, text="again", state=state)


class TestMessage:
    def test_of_a_person_has_text(self, conversation):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_question(conversation, text=None)

    def test_that_is_erased_has_none(self, conversation):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_answer(conversation, parent=make_question(conversation), text="still", state="erased")

    @pytest.mark.parametrize("fields", [{"role": "system"}, {"state": "gone"}])
    def test_has_a_role_and_a_state_that_exist(self, conversation, fields):
        question = make_question(conversation)

        with pytest.raises(IntegrityError), transaction.atomic():
            Message.objects.filter(id=question.id).update(**fields)

    def test_has_a_client_id_that_its_owner_used_once(self, conversation, another):
        question = make_question(conversation)

        with pytest.raises(IntegrityError), transaction.atomic():
            make_question(another, client_message_id=question.client_message_id)

    def test_may_have_the_client_id_of_another_person(self, conversation):
        question = make_question(conversation)

        theirs = make_question(make_conversation(make_user()), client_message_id=question.client_message_id)

        assert theirs.client_message_id == question.client_message_id


class TestConversation:
    @pytest.mark.parametrize("temperature", [-0.1, 2.1])
    def test_has_a_temperature_in_range(self, temperature):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_conversation(make_user(), temperature=temperature)
