"""What the input rules do to a turn."""

from uuid import uuid4

import pytest
from django.utils import translation

from chatapp.conversations.errors import ConversationNotFound
from chatapp.conversations.models import Message
from chatapp.core import clock
from chatapp.feed.models import OutboxFact
from chatapp.generations.errors import InputBlocked
from chatapp.generations.holding import generation_claim
from chatapp.generations.input_check import person_text_judge
from chatapp.generations.models import Generation
from chatapp.generations.turns.services import turn_regenerate
from chatapp.moderation.judging.verdict import Stage
from chatapp.review.evidence.cipher import decrypt
from chatapp.review.models import Decision, Evidence
from tests.support.factories import make_conversation, make_user, publish_rule, start_turn

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def start(conversation, text, *, owner=None, client_id=None):
    return start_turn(conversation, text, owner_id=owner and owner.id, client_id=client_id)


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


def publish_help(word: str) -> None:
    publish_rule(
        word, action="safe_completion", safe_completion_en="Call 988.", safe_completion_zh_hans="请拨打 12356。"
    )


class TestInputThatTheOperatorAnswers:
    def test_is_stored_as_it_is_with_the_operators_answer_and_waits_for_no_model(self, conversation):
        publish_help("zorbleflux")

        turn = start(conversation, "I think of zorbleflux")

        answer = Message.objects.get(id=turn.message_id)
        question, generation = answer.parent, Generation.objects.get(id=turn.generation_id)
        assert (question.text, question.state, question.notice) == ("I think of zorbleflux", "visible", None)
        assert (answer.text, answer.state) == ("Call 988.", "visible")
        assert answer.notice == {"category": "other", "text": "", "action": "safe_completion"}
        assert (generation.status, generation.finish_reason, generation.attempt) == ("completed", "content_filter", 0)
        assert generation_claim(model_slug=conversation.model.slug, worker="w", now=clock.now()) is None

    def test_is_answered_in_the_persons_language(self, conversation):
        publish_help("zorbleflux")

        with translation.override("zh-hans"):
            turn = start(conversation, "zorbleflux")

        assert Message.objects.get(id=turn.message_id).text == "请拨打 12356。"

    def test_tells_the_tabs_of_a_finished_answer_and_of_no_queue(self, conversation):
        publish_help("zorbleflux")

        start(conversation, "zorbleflux")

        kinds = [body["type"] for body in OutboxFact.objects.order_by("id").values_list("body", flat=True)]
        assert "generation.finished" in kinds
        assert "generation.queued" not in kinds

    def test_leaves_a_decision_that_names_question_and_generation_and_no_evidence(self, conversation):
        publish_help("zorbleflux")

        turn = start(conversation, "zorbleflux")

        decision = Decision.objects.get()
        assert (decision.action, decision.stage, decision.evidence_id) == ("safe_completion", "input", None)
        assert decision.generation_id == turn.generation_id
        assert decision.message_id == Message.objects.get(id=turn.message_id).parent_id

    def test_is_blocked_where_a_block_stands_behind_it(self, conversation):
        publish_help("zorbleflux")
        publish_rule("quibblenox")

        with pytest.raises(InputBlocked):
            start(conversation, "zorbleflux and quibblenox")

    def test_is_not_the_models_when_it_is_asked_again(self, conversation):
        publish_help("zorbleflux")
        first = start(conversation, "zorbleflux")

        again = turn_regenerate(owner_id=conversation.owner_id, message_id=first.message_id, client_turn_id=uuid4())

        assert Message.objects.get(id=again.message_id).text == "Call 988."
        assert Generation.objects.get(id=again.generation_id).status == "completed"
        assert Decision.objects.count() == 2

    def test_is_refused_in_the_variables_of_a_template_with_the_operators_answer(self, conversation):
        publish_help("zorbleflux")

        with pytest.raises(InputBlocked) as refusal:
            person_text_judge(
                owner_id=conversation.owner_id,
                conversation_id=conversation.id,
                text="zorbleflux",
                stage=Stage.INPUT,
            )

        decision = Decision.objects.get()
        assert refusal.value.details == {"category": "other", "notice": "Call 988.", "decision_id": str(decision.id)}
        assert decision.action == "safe_completion"


class TestInputThatIsWarnedOf:
    def test_is_stored_as_it_is_with_the_operators_words_beside_it(self, conversation):
        publish_rule("zorbleflux", action="warn", notice_en="Take care.")

        turn = start(conversation, "my zorbleflux")

        question = Message.objects.get(id=turn.message_id).parent
        assert (question.text, question.state) == ("my zorbleflux", "visible")
        assert question.notice == {"category": "other", "text": "Take care.", "action": "warn"}
        assert Generation.objects.get(id=turn.generation_id).status == "queued"
        assert Decision.objects.get().action == "warn"

    def test_shows_the_words_to_every_tab_at_once(self, conversation):
        publish_rule("zorbleflux", action="warn", notice_en="Take care.")

        start(conversation, "my zorbleflux")

        bodies = OutboxFact.objects.order_by("id").values_list("body", flat=True)
        created = next(body for body in bodies if body["type"] == "message.created")
        assert created["message"]["notice"]["text"] == "Take care."

    def test_carries_no_notice_where_a_rule_only_looks(self, conversation):
        publish_rule("zorbleflux", action="flag", notice_en="Take care.")

        turn = start(conversation, "my zorbleflux")

        assert Message.objects.get(id=turn.message_id).parent.notice is None
