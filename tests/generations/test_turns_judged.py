"""What the input rules do to a turn."""

from uuid import uuid4

import pytest
from django.utils import translation

from chatapp.conversations.errors import ConversationNotFound
from chatapp.conversations.models import Message
from chatapp.feed.models import OutboxFact
from chatapp.generations.errors import InputBlocked
from chatapp.generations.models import Generation
from chatapp.generations.turns import turn_start
from chatapp.review.evidence import decrypt
from chatapp.review.models import Decision, Evidence
from tests.support.factories import make_conversation, make_user, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def start(conversation, text, *, owner=None, client_id=None):
    return turn_start(
        owner_id=owner.id if owner else conversation.owner_id,
        conversation_id=conversation.id,
        parent_id=None,
        client_message_id=client_id or uuid4(),
        text=text,
    )


def evidence_of(decision: Decision) -> str:
    return decrypt(bytes(Evidence.objects.get(id=str(decision.evidence_id)).ciphertext))


class TestBlockedInput:
    def test_stores_nothing_but_the_decision_and_its_evidence(self, conversation):
        rule = publish_rule("zorbleflux", severity=3)

        with pytest.raises(InputBlocked):
            start(conversation, "please zorbleflux me")

        assert not any(model.objects.exists() for model in (Message, Generation, OutboxFact))
        decision = Decision.objects.get()
        assert (decision.rule_slug, decision.stage, decision.action) == (rule.slug, "input", "block")
        assert (decision.conversation_id, decision.owner_id) == (conversation.id, conversation.owner_id)
        assert (decision.message_id, decision.generation_id) == (None, None)
        assert evidence_of(decision) == "please zorbleflux me"

    @pytest.mark.parametrize(("language", "words"), [("en", "Not here."), ("zh-hans", "此处不行。")])
    def test_tells_the_person_the_operators_words_and_never_the_rules(self, conversation, language, words):
        publish_rule("zorbleflux", notice_en="Not here.", notice_zh_hans="此处不行。")

        with translation.override(language), pytest.raises(InputBlocked) as refusal:
            start(conversation, "zorbleflux")

        assert refusal.value.message == words
        decision = Decision.objects.get()
        assert refusal.value.details == {"category": "other", "notice": words, "decision_id": str(decision.id)}

    def test_in_another_persons_conversation_leaves_no_trace_there(self, conversation):
        publish_rule("zorbleflux")

        with pytest.raises(ConversationNotFound):
            start(conversation, "zorbleflux", owner=make_user())

        assert not Decision.objects.exists()

    def test_of_a_turn_that_was_stored_before_the_rule_returns_the_first(self, conversation):
        client_id = uuid4()
        first = start(conversation, "zorbleflux", client_id=client_id)
        publish_rule("zorbleflux")

        assert start(conversation, "zorbleflux", client_id=client_id) == first


class TestRedactedInput:
    def test_is_stored_as_it_was_redacted(self, conversation):
        publish_rule("zorbleflux", action="redact")

        turn = start(conversation, "my zorbleflux is late")

        question = Message.objects.get(id=turn.message_id).parent
        assert question.text == "my ██████████ is late"
        assert "zorbleflux" not in str(list(OutboxFact.objects.values_list("body", flat=True)))

    def test_leaves_a_decision_that_names_the_question_and_keeps_the_words_as_evidence(self, conversation):
        publish_rule("zorbleflux", action="redact")

        turn = start(conversation, "my zorbleflux is late")

        decision = Decision.objects.get()
        question_id = Message.objects.get(id=turn.message_id).parent_id
        assert (decision.message_id, decision.generation_id) == (question_id, turn.generation_id)
        assert evidence_of(decision) == "my zorbleflux is late"


class TestFlaggedInput:
    def test_is_stored_as_it_is_with_a_decision_and_no_evidence(self, conversation):
        publish_rule("zorbleflux", action="flag")

        turn = start(conversation, "my zorbleflux")

        assert Message.objects.get(id=turn.message_id).parent.text == "my zorbleflux"
        decision = Decision.objects.get()
        assert (decision.action, decision.evidence_id) == ("flag", None)

    def test_is_no_longer_on_record_where_the_turn_was_refused(self, conversation):
        publish_rule("zorbleflux", action="flag")

        with pytest.raises(ConversationNotFound):
            start(conversation, "my zorbleflux", owner=make_user())

        assert not Decision.objects.exists()


class TestHarmlessInput:
    def test_leaves_no_decision(self, conversation):
        publish_rule("zorbleflux")

        start(conversation, "What is the capital of France?")

        assert not Decision.objects.exists()
