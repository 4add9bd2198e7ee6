"""A second look: who opens a case, who holds it, what is on record of it."""

from datetime import timedelta
from functools import partial

import pytest
from django.db import DatabaseError, transaction

from chatapp.conversations.models import Message
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.review.cases.services import CLAIM_KEPT, case_claim, case_confirm, case_overturn, is_held
from chatapp.review.errors import CaseTaken, ReasonMissing, ReviewForbidden
from chatapp.review.figures.rule_figures import rule_precision
from chatapp.review.models import ContextReading, Decision, ReviewCase, ReviewOutcome
from chatapp.review.selectors import review_case_list
from tests.review.making import appealed, claimed, judged_answer, resolve
from tests.support.at_once import contested
from tests.support.factories import make_staff, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOW = clock.now()


class TestCaseOpen:
    def test_follows_a_rule_that_asks_for_review(self):
        rule = publish_rule("tea", action="review", stages=("output",), severity=2)

        judged = judged_answer("About tea.")

        case = ReviewCase.objects.get()
        assert (case.rule_slug, case.opened_by, case.state) == (rule.slug, "rule", "waiting")
        assert (case.message_id, case.severity, case.stage) == (judged.message.id, 2, "output")

    def test_does_not_follow_a_rule_that_only_watches(self):
        publish_rule("tea", action="review", stages=("output",))
        rule = publish_rule("milk", action="review", stages=("output",))
        rule.state = "shadow"
        rule.save()
        ruleset_publish(author=None, reason="shadow")

        judged_answer("About milk.")

        assert not ReviewCase.objects.exists()

    def test_of_a_second_hit_and_an_appeal_is_the_same_case(self, blocking):
        publish_rule("tea", action="review", stages=("output",))

        judged = judged_answer("tea and again tea and some bombast.", size=2)
        appealed(judged)

        case = ReviewCase.objects.get()
        assert case.opened_by == "rule"
        assert case.appeal.words == "It was a recipe."

    def test_goes_over_to_the_stronger_decision_while_it_is_open(self, blocking):
        publish_rule("tea", action="review", stages=("output",))

        appealed(judged_answer("tea and some bombast.", size=2))

        case = ReviewCase.objects.get()
        assert (case.action, case.rule_slug) == ("block", blocking.slug)
        assert Decision.objects.get(id=case.decision_id).action == "block"


class TestCaseClaim:
    def test_gives_the_case_to_one_reviewer(self, case, reviewer):
        held = claimed(case, reviewer)

        assert (held.state, held.claimed_by_id) == ("claimed", reviewer.id)
        with pytest.raises(CaseTaken):
            claimed(case, make_staff("reviewer"))

    def test_ends_after_a_quarter_of_an_hour(self, case, reviewer):
        held = case_claim(case_id=case.id, reviewer=reviewer, now=NOW)

        assert is_held(held, now=NOW + CLAIM_KEPT)
        assert not is_held(held, now=NOW + CLAIM_KEPT + timedelta(seconds=1))
        other = make_staff("reviewer")
        later = case_claim(case_id=case.id, reviewer=other, now=NOW + CLAIM_KEPT + timedelta(seconds=1))
        assert later.claimed_by_id == other.id
        with pytest.raises(CaseTaken):
            resolve(case_confirm, case, reviewer)

    @pytest.mark.parametrize("groups", [(), ("moderator",)])
    def test_is_for_reviewers(self, case, groups):
        with pytest.raises(ReviewForbidden):
            claimed(case, make_staff(*groups))

    @pytest.mark.parametrize("resolving", [case_confirm, case_overturn])
    def test_is_refused_once_it_is_resolved(self, case, reviewer, resolving):
        claimed(case, reviewer)
        resolve(resolving, case, reviewer)

        with pytest.raises(CaseTaken):
            claimed(case, reviewer)


@pytest.mark.django_db(transaction=True)
class TestTwoAtOnce:
    def test_only_one_claims(self, case):
        reviewers = [make_staff("reviewer") for _ in range(2)]
        claims = [partial(case_claim, case_id=case.id, reviewer=user, now=clock.now()) for user in reviewers]

        won, refused = contested(*claims, refusal=CaseTaken)

        assert len(won) == len(refused) == 1
        case.refresh_from_db()
        assert case.claimed_by_id == won[0].claimed_by_id


class TestCaseConfirm:
    def test_leaves_everything_and_puts_the_outcome_on_record(self, case, reviewer):
        claimed(case, reviewer)
        before = Message.objects.count()

        outcome = resolve(case_confirm, case, reviewer, reason="  it is   bombast ")

        case.refresh_from_db()
        assert case.state == "confirmed"
        assert (outcome.is_overturned, outcome.reason, outcome.reviewer_id) == (False, "it is bombast", reviewer.id)
        assert Message.objects.count() == before

    def test_needs_a_reason(self, case, reviewer):
        claimed(case, reviewer)

        with pytest.raises(ReasonMissing):
            resolve(case_confirm, case, reviewer, reason="  ")

    def test_needs_a_claim(self, case, reviewer):
        with pytest.raises(CaseTaken):
            resolve(case_confirm, case, reviewer)


class TestReviewCaseList:
    def test_has_the_gravest_first_then_the_oldest_and_the_resolved_last(self, reviewer):
        for severity in (1, 3):
            publish_rule(f"word{severity}", action="block", stages=("output",), severity=severity)
        young = appealed(judged_answer("word3 x"))
        old = appealed(judged_answer("word3 y"))
        ReviewCase.objects.filter(id=old.id).update(opened_at=NOW - timedelta(days=2))
        light = appealed(judged_answer("word1 x"))
        done = appealed(judged_answer("word3 z"))
        claimed(done, reviewer)
        resolve(case_confirm, done, reviewer)

        assert [case.id for case in review_case_list()] == [old.id, young.id, light.id, done.id]


class TestRulePrecision:
    def test_counts_confirmed_and_overturned_cases_of_the_rule(self, blocking, reviewer):
        for resolving in (case_confirm, case_confirm, case_overturn):
            case = appealed(judged_answer("Some bombast."))
            claimed(case, reviewer)
            resolve(resolving, case, reviewer)

        precision = rule_precision(blocking.slug)

        assert precision is not None
        assert (precision.num_reviewed, round(precision.estimate, 3)) == (3, 0.667)
        assert rule_precision("another") is None


class TestTheDatabase:
    @pytest.mark.parametrize("model", [ReviewOutcome, ContextReading])
    def test_refuses_to_change_or_delete_what_is_on_record(self, case, reviewer, model):
        claimed(case, reviewer)
        resolve(case_confirm, case, reviewer)
        ContextReading.objects.create(
            case_id=case.id, conversation_id=uuid7(), num_messages=1, reader_id=uuid7(), reader_email="a@example.org"
        )

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(id=uuid7())
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")

    def test_refuses_a_second_outcome_of_a_case(self, case, reviewer):
        claimed(case, reviewer)
        outcome = resolve(case_confirm, case, reviewer)
        outcome.id = uuid7()

        with pytest.raises(DatabaseError), transaction.atomic():
            outcome.save(force_insert=True)
