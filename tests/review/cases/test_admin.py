"""The queue and the page of a case, through a browser's requests."""

from datetime import timedelta

import pytest
from django.urls import reverse

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.models import Rule
from chatapp.review.cases.case_texts import LOOK_KEPT
from chatapp.review.cases.services import CLAIM_KEPT
from chatapp.review.models import ContextReading, EvidenceReading, ReviewCase, ReviewOutcome
from tests.review.making import appealed, judged_answer
from tests.support.factories import make_staff, publish_rule, signed_in

pytestmark = pytest.mark.django_db
WITHHELD, WORDS, QUESTION = "bombast", "It was a recipe.", "Tell me."
QUEUE = "admin:review_reviewcase_changelist"


@pytest.fixture
def rule():
    return publish_rule(WITHHELD, action="block", stages=("output",), severity=3)


@pytest.fixture
def case(rule):
    return appealed(judged_answer(f"Some {WITHHELD}."), WORDS)


def page_of(case: ReviewCase) -> str:
    return reverse("admin:review_reviewcase_change", args=[case.id])


class TestQueue:
    def test_lists_open_cases_and_no_text(self, client, case, rule):
        signed_in(client, "moderator")

        page = client.get(reverse(QUEUE)).content.decode()

        assert rule.slug in page
        assert WITHHELD not in page.replace(rule.slug, "")
        assert WORDS not in page

    def test_has_the_gravest_first(self, client, case):
        publish_rule("worse", action="block", stages=("output",), severity=4)
        worse = appealed(judged_answer("worse x"))
        signed_in(client, "reviewer")

        response = client.get(reverse(QUEUE))

        assert [row.id for row in response.context["cl"].result_list] == [worse.id, case.id]

    def test_leaves_resolved_cases_out_unless_asked(self, client, case):
        ReviewCase.objects.update(state="confirmed", claimed_by_id=uuid7(), claimed_at=clock.now())
        signed_in(client, "reviewer")

        for query, expected in [({}, 0), ({"standing": "resolved"}, 1), ({"standing": "all"}, 1)]:
            assert len(client.get(reverse(QUEUE), query).context["cl"].result_list) == expected

    def test_marks_what_waits_too_long(self, client, case):
        signed_in(client, "reviewer")
        assert "overdue" not in client.get(page_of(case)).content.decode()

        ReviewCase.objects.update(opened_at=clock.now() - timedelta(days=2))

        assert "overdue" in client.get(page_of(case)).content.decode()

    def test_is_closed_to_staff_without_a_role(self, client, case):
        signed_in(client)

        assert client.get(reverse(QUEUE)).status_code == 403
        assert client.get(page_of(case)).status_code == 403


class TestCasePage:
    def test_shows_no_text_until_it_is_asked_for(self, client, case):
        signed_in(client, "reviewer")

        page = client.get(page_of(case)).content.decode()

        assert WORDS in page
        assert WITHHELD not in page
        assert QUESTION not in page
        assert not EvidenceReading.objects.exists()
        assert not ContextReading.objects.exists()

    def test_shows_what_is_asked_for_after_it_is_on_record(self, client, case):
        reviewer = signed_in(client, "reviewer")

        page = client.post(page_of(case), {"show": ["context", "evidence"]}).content.decode()

        assert WITHHELD in page
        assert QUESTION in page
        assert EvidenceReading.objects.get().reader_id == reviewer.id
        assert ContextReading.objects.get().reader_id == reviewer.id

    def test_keeps_what_stands_on_it_without_a_second_reading(self, client, case):
        signed_in(client, "reviewer")
        first = client.post(page_of(case), {"show": "context"}).content.decode()

        page = client.post(page_of(case), {"keep": "context", "show": "evidence"}).content.decode()

        assert '<input type="hidden" name="keep" value="context">' in first
        assert WITHHELD in page
        assert QUESTION in page
        assert (ContextReading.objects.count(), EvidenceReading.objects.count()) == (1, 1)

    def test_puts_each_look_on_record(self, client, case):
        signed_in(client, "reviewer")

        for _look in range(2):
            client.post(page_of(case), {"show": ["context", "evidence"]})

        assert (ContextReading.objects.count(), EvidenceReading.objects.count()) == (2, 2)

    @pytest.mark.parametrize("name", ["context", "evidence"])
    def test_keeps_nothing_that_this_person_did_not_open_or_opened_long_ago(self, client, case, name, monkeypatch):
        signed_in(client, "reviewer")
        client.post(page_of(case), {"show": name})
        readings = ContextReading.objects.all() if name == "context" else EvidenceReading.objects.all()

        signed_in(client, "reviewer")
        client.post(page_of(case), {"keep": name})
        assert readings.count() == 2

        late = clock.now() + LOOK_KEPT + timedelta(seconds=1)
        monkeypatch.setattr(clock, "now", lambda: late)
        client.post(page_of(case), {"keep": name})
        assert readings.count() == 3

    @pytest.mark.parametrize("show", ["context", "evidence"])
    def test_shows_a_moderator_no_text_and_no_words(self, client, case, show):
        signed_in(client, "moderator")

        page = client.post(page_of(case), {"show": show}).content.decode()

        assert WITHHELD not in page
        assert QUESTION not in page
        assert WORDS not in page
        assert not EvidenceReading.objects.exists()
        assert not ContextReading.objects.exists()

    def test_lets_a_reviewer_claim_and_overturn(self, client, case):
        reviewer = signed_in(client, "reviewer")

        client.post(page_of(case), {"deed": "claim"})
        response = client.post(page_of(case), {"deed": "overturn", "reason": "a recipe"}, follow=True)

        outcome = ReviewOutcome.objects.get()
        assert (outcome.is_overturned, outcome.reviewer_id, outcome.reason) == (True, reviewer.id, "a recipe")
        assert outcome.restored_message_id is not None
        assert "a recipe" in response.content.decode()

    def test_says_why_something_was_refused_and_does_nothing(self, client, case):
        signed_in(client, "reviewer")

        page = client.post(page_of(case), {"deed": "confirm", "reason": "x"}).content.decode()

        assert "claim it first" in page
        assert not ReviewOutcome.objects.exists()

    @pytest.mark.parametrize("deed", ["claim", "confirm", "overturn"])
    def test_lets_a_moderator_do_nothing(self, client, case, deed):
        signed_in(client, "moderator")

        client.post(page_of(case), {"deed": deed, "reason": "x"})

        case.refresh_from_db()
        assert case.state == "waiting"

    def test_knows_no_other_deed(self, client, case):
        signed_in(client, "reviewer")

        assert client.post(page_of(case), {"deed": "delete"}).status_code == 403

    def test_says_who_holds_the_case_until_the_claim_runs_out(self, client, case):
        holder = make_staff("reviewer")
        ReviewCase.objects.update(state="claimed", claimed_by_id=holder.id, claimed_at=clock.now())
        signed_in(client, "reviewer")
        assert holder.email in client.get(page_of(case)).content.decode()

        ReviewCase.objects.update(claimed_at=clock.now() - CLAIM_KEPT - timedelta(seconds=1))

        page = client.get(page_of(case)).content.decode()
        assert holder.email not in page
        assert 'value="claim"' in page

    def test_adds_an_exception_for_whoever_may_change_rules(self, client, case, rule):
        signed_in(client, "reviewer", "moderator")

        client.post(page_of(case), {"deed": "exception", "phrase": f"{WITHHELD} cake"})

        assert Rule.objects.get(id=rule.id).allow_phrases == f"{WITHHELD} cake"

    def test_offers_no_exception_to_whoever_may_not(self, client, case, rule):
        signed_in(client, "reviewer")
        assert "exception-form" not in client.get(page_of(case)).content.decode()

        client.post(page_of(case), {"deed": "exception", "phrase": f"{WITHHELD} cake"})

        assert Rule.objects.get(id=rule.id).allow_phrases == ""

    def test_of_an_unknown_case_is_not_found(self, client):
        signed_in(client, "reviewer")

        assert client.get(reverse("admin:review_reviewcase_change", args=[uuid7()])).status_code == 404
        assert client.get(reverse("admin:review_reviewcase_change", args=["what"])).status_code == 404


class TestAppealsPage:
    def test_shows_reviewers_the_words(self, client, case):
        signed_in(client, "reviewer")

        page = client.get(reverse("admin:review_appeal_changelist")).content.decode()

        assert WORDS in page
        assert page_of(case) in page

    def test_is_closed_to_moderators(self, client, case):
        signed_in(client, "moderator")

        assert client.get(reverse("admin:review_appeal_changelist")).status_code == 403


class TestContextReadings:
    def test_lists_who_read_what(self, client, case):
        reviewer = signed_in(client, "reviewer")
        client.post(page_of(case), {"show": "context"})

        assert reviewer.email in client.get(reverse("admin:review_contextreading_changelist")).content.decode()


class TestRuleList:
    def test_says_how_often_the_rule_was_right(self, client, case, rule):
        signed_in(client, "reviewer", "moderator")
        page = reverse("admin:moderation_rule_changelist")
        client.post(page_of(case), {"deed": "claim"})
        client.post(page_of(case), {"deed": "confirm", "reason": "it was"})

        content = client.get(page).content.decode()
        assert "100 %" in content
        assert "21–100 % of 1" in content


class TestNavigation:
    @pytest.mark.parametrize(
        ("groups", "shown"), [(("moderator",), {"Review queue"}), (("reviewer",), {"Review queue", "Appeals"})]
    )
    def test_leads_to_what_a_role_may_see(self, client, groups, shown):
        signed_in(client, *groups)

        navigation = {
            item["title"]
            for group in client.get(reverse(QUEUE)).context["sidebar_navigation"]
            for item in group["items"]
        }
        assert shown <= navigation
