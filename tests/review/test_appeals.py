"""A person asks for review: of their own text, once, in a few words."""

import threading
from datetime import timedelta

import pytest
from django.db import connections

from chatapp.conversations.errors import MessageNotFound
from chatapp.core import clock
from chatapp.core.errors import RateLimited
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_APPEAL_CHARS, MAX_APPEALS_PER_DAY
from chatapp.review.appeals import decision_appeal, message_appeal
from chatapp.review.cases import case_claim, case_confirm
from chatapp.review.errors import AppealNotFound, AppealTooLong, AppealTwice, DecisionNotFound, NothingToReview
from chatapp.review.models import Appeal, ReviewCase
from chatapp.review.selectors import appeal_get_case, appeal_states
from chatapp.review.telling import appeal_state
from tests.review.cases import Judged, appealed, judged_answer, make_staff, refused_input
from tests.support.factories import make_conversation, make_user, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = clock.now()


@pytest.fixture(autouse=True)
def rule():
    return publish_rule("bombast", action="block", stages=("input", "output"), severity=3)


@pytest.fixture
def judged() -> Judged:
    return judged_answer("Some bombast.")


class TestMessageAppeal:
    def test_opens_a_case_with_the_persons_words(self, judged, rule):
        appealed(judged, "It was\x00 a recipe. ")

        case = ReviewCase.objects.get()
        assert (case.opened_by, case.rule_slug, case.message_id) == ("appeal", rule.slug, judged.message.id)
        assert case.appeal.words == "It was a recipe."
        assert appeal_states(conversation_id=judged.message.conversation_id) == {judged.message.id: "waiting"}

    def test_may_be_without_words(self, judged):
        appealed(judged, "")

        assert Appeal.objects.get().words == ""

    def test_is_there_only_for_the_owner(self, judged):
        with pytest.raises(MessageNotFound):
            message_appeal(owner_id=make_user().id, message_id=judged.message.id, words="", now=NOW)

    def test_is_made_once(self, judged):
        appealed(judged)

        with pytest.raises(AppealTwice) as refusal:
            appealed(judged)

        assert refusal.value.details == {"state": "waiting"}
        assert Appeal.objects.count() == 1

    def test_is_refused_after_a_reviewer_has_looked(self, judged):
        publish_rule("tea", action="review", stages=("output",))
        judged = judged_answer("tea and bombast", size=2)
        case, reviewer = ReviewCase.objects.get(), make_staff("reviewer")
        case_claim(case_id=case.id, reviewer=reviewer, now=NOW)
        case_confirm(case_id=case.id, reviewer=reviewer, reason="fine", now=NOW)

        with pytest.raises(AppealTwice) as refusal:
            appealed(judged)

        assert refusal.value.details == {"state": "confirmed"}

    def test_needs_something_that_was_taken_away(self):
        publish_rule("tea", action="flag", stages=("output",))

        with pytest.raises(NothingToReview):
            appealed(judged_answer("About tea."))

    def test_has_a_limit_of_characters(self, judged):
        appealed(judged, "词" * MAX_APPEAL_CHARS)

        with pytest.raises(AppealTooLong):
            appealed(judged_answer("More bombast."), "词" * (MAX_APPEAL_CHARS + 1))

    def test_has_a_limit_a_day(self):
        conversation = make_conversation(make_user())
        for _ in range(MAX_APPEALS_PER_DAY):
            appealed(judged_answer("bombast", conversation=conversation))

        late = judged_answer("bombast", conversation=conversation)
        with pytest.raises(RateLimited):
            appealed(late)
        message_appeal(
            owner_id=late.owner.id, message_id=late.message.id, words="", now=clock.now() + timedelta(days=1, minutes=1)
        )

    def test_past_the_limit_leaves_no_case(self):
        conversation = make_conversation(make_user())
        for _ in range(MAX_APPEALS_PER_DAY):
            appealed(judged_answer("bombast", conversation=conversation))

        with pytest.raises(RateLimited):
            appealed(judged_answer("bombast", conversation=conversation))

        assert ReviewCase.objects.count() == MAX_APPEALS_PER_DAY


@pytest.mark.django_db(transaction=True)
class TestTwoTabs:
    def test_make_one_appeal(self, judged):
        start, made, refused = threading.Barrier(2), [], []

        def ask() -> None:
            start.wait()
            try:
                made.append(appealed(judged).id)
            except AppealTwice as error:
                refused.append(error)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=ask) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

        assert (len(made), len(refused)) == (1, 1)
        assert (Appeal.objects.count(), ReviewCase.objects.count()) == (1, 1)


class TestDecisionAppeal:
    def test_is_about_a_text_that_was_never_stored(self):
        decision = refused_input("some bombast")

        case = decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="Why?", now=NOW)

        assert (case.message_id, case.decision_id, case.stage) == (None, decision.id, "input")
        mine = appeal_get_case(owner_id=decision.owner_id, decision_id=decision.id)
        assert appeal_state(mine) == "waiting"

    def test_is_there_only_for_the_owner(self):
        decision = refused_input("some bombast")

        with pytest.raises(DecisionNotFound):
            decision_appeal(owner_id=uuid7(), decision_id=decision.id, words="", now=NOW)
        with pytest.raises(AppealNotFound):
            appeal_get_case(owner_id=uuid7(), decision_id=decision.id)

    def test_tells_nobody_of_decisions_that_took_nothing_away(self):
        publish_rule("tea", action="flag", stages=("input",))
        decision = refused_input("tea")

        with pytest.raises(DecisionNotFound):
            decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=NOW)

    def test_is_made_once_for_each_refusal(self):
        conversation = make_conversation(make_user())
        first, second = (refused_input("some bombast", conversation=conversation) for _ in range(2))
        for decision in (first, second):
            decision_appeal(owner_id=decision.owner_id, decision_id=decision.id, words="", now=NOW)

        with pytest.raises(AppealTwice):
            decision_appeal(owner_id=first.owner_id, decision_id=first.id, words="", now=NOW)

        assert ReviewCase.objects.count() == 2
