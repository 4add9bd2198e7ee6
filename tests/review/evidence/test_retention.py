"""How long withheld text is kept: by severity, and no longer."""

from datetime import timedelta

import pytest

from chatapp.core import clock
from chatapp.review.cases.services import case_claim, case_confirm
from chatapp.review.evidence.retention import appeal_words_erase_expired, erase, evidence_erase_expired
from chatapp.review.models import Appeal, Decision, Evidence
from chatapp.review.selectors import decision_list_broken
from tests.review.making import appealed, judged_answer
from tests.support.factories import make_staff, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
NOW = clock.now()


@pytest.fixture(autouse=True)
def kept_days(settings):
    settings.EVIDENCE_KEPT_DAYS = {1: 10, 2: 20, 3: 30, 4: 40}
    for severity in range(1, 5):
        publish_rule(f"word{severity}", action="redact", stages=("output",), severity=severity)


def evidence_of(severity: int) -> Evidence:
    judged = judged_answer(f"a word{severity} here", size=100)
    decision = Decision.objects.get(message_id=judged.message.id)
    assert decision.evidence_id is not None
    return Evidence.objects.get(id=decision.evidence_id)


def in_days(days: int):
    return clock.now() + timedelta(days=days, minutes=1)


class TestEvidenceEraseExpired:
    @pytest.mark.parametrize(("severity", "days"), [(1, 10), (2, 20), (3, 30), (4, 40)])
    def test_erases_after_the_days_of_its_severity(self, severity, days):
        evidence_of(severity)

        assert evidence_erase_expired(now=in_days(days - 1)) == 0
        assert evidence_erase_expired(now=in_days(days)) == 1
        assert not Evidence.objects.exists()

    def test_keeps_as_long_as_the_gravest_of_its_decisions_asks(self):
        judged_answer("word1 and word4 in one step", size=100)

        assert evidence_erase_expired(now=in_days(39)) == 0
        assert evidence_erase_expired(now=in_days(40)) == 1

    def test_leaves_every_decision_and_every_chain_whole(self):
        evidence_of(1)
        before = list(Decision.objects.values())

        evidence_erase_expired(now=in_days(100))

        assert list(Decision.objects.values()) == before
        assert list(decision_list_broken()) == []

    def test_waits_for_a_case_that_somebody_is_still_to_look_at(self):
        judged = judged_answer("word1 and then again word1", size=4)
        case, reviewer = appealed(judged), make_staff("reviewer")

        assert evidence_erase_expired(now=in_days(100)) == 0
        case_claim(case_id=case.id, reviewer=reviewer, now=NOW)
        case_confirm(case_id=case.id, reviewer=reviewer, reason="it was", now=NOW)

        assert evidence_erase_expired(now=in_days(100)) == 2


class TestAppealWordsEraseExpired:
    def test_empties_the_words_of_resolved_cases_alone(self):
        done, reviewer = appealed(judged_answer("word1")), make_staff("reviewer")
        appealed(judged_answer("word1"))
        case_claim(case_id=done.id, reviewer=reviewer, now=NOW)
        case_confirm(case_id=done.id, reviewer=reviewer, reason="it was", now=NOW)

        assert appeal_words_erase_expired(now=in_days(9)) == 0
        assert appeal_words_erase_expired(now=in_days(10)) == 1

        assert Appeal.objects.get(case=done).words == ""
        assert Appeal.objects.exclude(words="").count() == 1


class TestErase:
    @pytest.mark.django_db(transaction=True)
    def test_does_both(self):
        evidence_of(1)
        Evidence.objects.update(created_at=clock.now() - timedelta(days=100))

        erase.run()

        assert not Evidence.objects.exists()
