"""A person asks for review: of their own text, once, in a few words."""

import threading
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connection, connections, transaction

from chatapp.accounts.models import User
from chatapp.conversations.errors import MessageNotFound
from chatapp.core import clock
from chatapp.core.errors import RateLimited
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_APPEAL_CHARS, MAX_APPEALS_PER_DAY
from chatapp.feed.models import OutboxFact
from chatapp.review.cases.appeals import decision_appeal, message_appeal
from chatapp.review.cases.services import case_claim, case_confirm
from chatapp.review.errors import AppealNotFound, AppealTooLong, AppealTwice, DecisionNotFound, NothingToReview
from chatapp.review.models import Appeal, ReviewCase
from chatapp.review.selectors import appeal_get_case, appeal_states
from chatapp.review.telling import appeal_state
from tests.review.making import Judged, appealed, judged_answer, refused_input
from tests.support.at_once import contested
from tests.support.factories import make_conversation, make_staff, make_user, publish_rule
from tests.support.waiting import wait_until

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


class TestAnAppealBeforeAResolution:
    def test_is_told_of_the_outcome_after_it_was_told_to_wait(self, judged):
        case = appealed(judged)
        reviewer = make_staff("reviewer")
        case_claim(case_id=case.id, reviewer=reviewer, now=NOW)

        case_confirm(case_id=case.id, reviewer=reviewer, reason="fine", now=NOW)

        states = [fact.body["appeal"]["state"] for fact in OutboxFact.objects.order_by("id")]
        assert states == ["waiting", "confirmed"]


@pytest.mark.django_db(transaction=True)
class TestTwoTabs:
    def test_make_one_appeal(self, judged):
        ask = partial(appealed, judged)

        made, refused = contested(ask, ask, refusal=AppealTwice)

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


@pytest.mark.django_db(transaction=True)
class TestAnAppealDuringAResolution:
    def test_is_told_what_the_reviewer_decided_and_leaves_nothing_that_waits(self, rule):
        publish_rule("tea", action="review", stages=("output",))
        judged = judged_answer("tea and bombast", size=2)
        case, reviewer = ReviewCase.objects.get(), make_staff("reviewer")
        case_claim(case_id=case.id, reviewer=reviewer, now=NOW)
        resolving, about_to_ask = Resolving(case, reviewer), threading.Event()
        refusals: list[AppealTwice] = []

        def ask() -> None:
            def announce(execute: Callable[..., Any], *call: Any) -> Any:
                about_to_ask.set()
                return execute(*call)

            try:
                with connection.execute_wrapper(announce):
                    appealed(judged)
            except AppealTwice as refusal:
                refusals.append(refusal)
            finally:
                connections.close_all()

        with resolving:
            asking = threading.Thread(target=ask)
            asking.start()
            wait_until(about_to_ask.is_set, what="the question")
            wait_until(lambda: not asking.is_alive() or waits_for_a_lock(), what="the appeal's end or its waiting")
        asking.join()

        assert [refusal.details for refusal in refusals] == [{"state": "confirmed"}]
        assert not Appeal.objects.exists()


class Resolving:
    """Another person's resolution of a case, in a transaction that stays open for as long as the block runs."""

    def __init__(self, case: ReviewCase, reviewer: User) -> None:
        self._case, self._reviewer = case, reviewer
        self._resolved, self._may_commit = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> None:
        self._thread.start()
        wait_until(self._resolved.is_set, what="the resolution")

    def __exit__(self, *_error: object) -> None:
        self._may_commit.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            with transaction.atomic():
                case_confirm(case_id=self._case.id, reviewer=self._reviewer, reason="fine", now=NOW)
                self._resolved.set()
                self._may_commit.wait(30)
        finally:
            connections.close_all()


def waits_for_a_lock() -> bool:
    """SQLite has one writer: whoever began to write while another does waits for certain."""
    if connection.vendor == "sqlite":
        return True
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)")
        return bool(cursor.fetchone()[0])
