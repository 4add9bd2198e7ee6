"""The same words sent again, after a reviewer found that a rule was wrong about them."""

from uuid import uuid4

import pytest

from chatapp.conversations.models import Message
from chatapp.core import clock
from chatapp.generations.errors import InputBlocked
from chatapp.generations.input_check import person_text_judge, text_judged
from chatapp.generations.models import Generation
from chatapp.generations.turns.services import turn_regenerate
from chatapp.moderation.judging.verdict import Stage
from chatapp.review.cases.appeals import decision_appeal
from chatapp.review.cases.services import case_claim, case_confirm, case_overturn
from chatapp.review.models import Decision, Evidence
from tests.support.factories import make_conversation, make_staff, make_user, publish_rule, start_turn

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
WORDS = "my zorbleflux is late"


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def send(conversation, text=WORDS):
    turn = start_turn(conversation, text)
    return Message.objects.get(id=turn.message_id).parent


def refused(conversation, text=WORDS) -> Decision:
    with pytest.raises(InputBlocked) as refusal:
        send(conversation, text)
    return Decision.objects.get(id=str(refusal.value.details["decision_id"]))


def resolve(decision: Decision, *, verdict=case_overturn) -> None:
    now, reviewer = clock.now(), make_staff("reviewer")
    case = decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=now)
    case_claim(case_id=case.id, reviewer=reviewer, now=now)
    verdict(case_id=case.id, reviewer=reviewer, reason="seen", now=now)


class TestOverturnedWords:
    def test_are_stored_as_they_are_when_they_are_sent_again(self, conversation):
        publish_rule("zorbleflux")
        resolve(refused(conversation))

        question = send(conversation)

        assert (question.text, question.state, question.notice) == (WORDS, "visible", None)

    def test_are_hit_on_record_and_nothing_is_enforced(self, conversation):
        rule = publish_rule("zorbleflux")
        resolve(refused(conversation))

        question = send(conversation)

        row = Decision.objects.get(message_id=question.id)
        assert (row.rule_slug, row.action, row.is_enforced, row.evidence_id) == (rule.slug, "block", False, None)

    def test_pass_in_the_persons_other_conversations_and_after_the_evidence_is_gone(self, conversation):
        publish_rule("zorbleflux")
        resolve(refused(conversation))
        Evidence.objects.all().delete()

        assert send(make_conversation(conversation.owner)).text == WORDS

    def test_pass_with_another_secret_key_while_the_old_one_is_kept(self, conversation, settings):
        publish_rule("zorbleflux")
        resolve(refused(conversation))
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "a new secret"

        assert send(conversation).text == WORDS

    @pytest.mark.parametrize("text", [f"{WORDS} again", "zorbleflux"])
    def test_open_nothing_for_other_words(self, conversation, text):
        publish_rule("zorbleflux")
        resolve(refused(conversation))

        refused(conversation, text)

    def test_open_nothing_for_other_people(self, conversation):
        publish_rule("zorbleflux")
        resolve(refused(conversation))

        refused(make_conversation(make_user()))

    def test_open_nothing_for_other_rules(self, conversation):
        publish_rule("zorbleflux")
        resolve(refused(conversation))
        publish_rule("late")

        refused(conversation)

    def test_were_right_for_every_rule_that_took_them_away(self, conversation):
        publish_rule("zorbleflux")
        publish_rule("my zorbleflux", severity=1)
        resolve(refused(conversation))

        assert send(conversation).text == WORDS

    def test_stay_refused_while_they_wait_or_are_confirmed(self, conversation):
        publish_rule("zorbleflux")
        decision = refused(conversation)
        refused(conversation)

        resolve(decision, verdict=case_confirm)

        refused(conversation)

    def test_are_judged_as_the_newest_finding_says(self, conversation):
        publish_rule("zorbleflux")
        first, second = refused(conversation), refused(conversation)
        resolve(first)

        resolve(second, verdict=case_confirm)

        refused(conversation)

    def test_are_not_masked_again(self, conversation):
        publish_rule("zorbleflux", action="redact")
        send(conversation)
        resolve(Decision.objects.get())

        assert send(conversation).text == WORDS

    def test_are_the_models_to_answer_where_the_operator_had(self, conversation):
        publish_rule("zorbleflux", action="safe_completion", safe_completion_en="Call 988.")
        question = send(conversation)
        resolve(Decision.objects.get())

        again = send(conversation)
        regenerated = turn_regenerate(
            owner_id=conversation.owner_id,
            message_id=Message.objects.get(parent=question).id,
            client_turn_id=uuid4(),
        )

        statuses = [Generation.objects.get(message__parent=again).status]
        statuses.append(Generation.objects.get(id=regenerated.generation_id).status)
        assert statuses == ["queued", "queued"]


class TestWordsThatNoDatabaseStores:
    def test_are_refused_like_others(self, conversation):
        publish_rule("zorbleflux", stages=("template",))

        with pytest.raises(InputBlocked):
            person_text_judge(
                owner_id=conversation.owner_id,
                conversation_id=conversation.id,
                text="zorbleflux\x00",
                stage=Stage.TEMPLATE,
            )


class TestHarmlessWords:
    def test_cost_no_query_about_findings(self, conversation, django_assert_num_queries):
        text_judged(owner_id=conversation.owner_id, text="Tell me.", stage=Stage.INPUT)

        with django_assert_num_queries(1):  # the ruleset in force
            text_judged(owner_id=conversation.owner_id, text="Tell me.", stage=Stage.INPUT)
