"""The pages of decisions and evidence, through a browser's requests."""

import pytest
from django.urls import reverse

from chatapp.core.ids import uuid7
from chatapp.review.models import Decision, Evidence, EvidenceReading
from tests.review.records import record
from tests.support.factories import signed_in

pytestmark = pytest.mark.django_db
SECRET = "the very secret text"
RECORDS = (
    *("moderation_ruleset", "review_decision", "review_evidencereading", "review_reviewcase", "review_appeal"),
    *("review_contextreading", "review_dryrun", "review_dryrunreading"),
)


@pytest.fixture
def decision() -> Decision:
    return record(uuid7(), withheld_text=SECRET)[0]


class TestDecisionPages:
    def test_list_what_was_decided_without_its_text(self, client, decision):
        signed_in(client, "moderator")

        page = client.get(reverse("admin:review_decision_changelist")).content.decode()

        assert "masks" in page
        assert SECRET not in page

    def test_filter_by_what_was_done(self, client, decision):
        signed_in(client, "moderator")

        response = client.get(reverse("admin:review_decision_changelist"), {"action__exact": "redact"})

        assert [row.rule_slug for row in response.context["cl"].result_list] == ["masks"]

    def test_show_one_decision_without_its_text(self, client, decision):
        signed_in(client, "moderator")

        page = client.get(reverse("admin:review_decision_change", args=[decision.id])).content.decode()

        assert decision.digest in page
        assert SECRET not in page
        assert "Show evidence" not in page

    def test_change_nothing_for_a_superuser_either(self, admin_client, decision):
        page = reverse("admin:review_decision_change", args=[decision.id])

        assert admin_client.post(page, {"severity": 1}).status_code == 403
        assert admin_client.get(reverse("admin:review_decision_add")).status_code == 403
        assert admin_client.post(reverse("admin:review_decision_delete", args=[decision.id])).status_code == 403


class TestEveryListOfRecords:
    @pytest.mark.parametrize("name", RECORDS)
    def test_has_our_style_sheet_and_nothing_to_add(self, admin_client, name):
        page = admin_client.get(reverse(f"admin:{name}_changelist")).content.decode()

        assert "moderation/admin.css" in page
        assert admin_client.get(reverse(f"admin:{name}_add")).status_code == 403


class TestEvidencePage:
    def test_asks_first_and_shows_the_text_after_it_is_on_record(self, client, decision):
        reviewer = signed_in(client, "reviewer")
        page = reverse("admin:review_decision_evidence", args=[decision.id])

        asked = client.get(page)
        assert SECRET not in asked.content.decode()
        assert not EvidenceReading.objects.exists()

        shown = client.post(page)
        assert SECRET in shown.content.decode()
        assert EvidenceReading.objects.get().reader_id == reviewer.id
        assert "no-store" in shown.headers["Cache-Control"]

    def test_is_reached_from_the_decision(self, client, decision):
        signed_in(client, "reviewer")

        page = client.get(reverse("admin:review_decision_change", args=[decision.id])).content.decode()

        assert "Show evidence" in page

    def test_is_closed_to_moderators(self, client, decision):
        signed_in(client, "moderator")

        assert client.post(reverse("admin:review_decision_evidence", args=[decision.id])).status_code == 403
        assert not EvidenceReading.objects.exists()

    def test_says_that_the_text_was_erased(self, client, decision):
        signed_in(client, "reviewer")
        Evidence.objects.all().delete()

        page = client.post(reverse("admin:review_decision_evidence", args=[decision.id])).content.decode()

        assert "No text was withheld here, or it was erased." in page

    def test_of_an_unknown_decision_is_not_found(self, client):
        signed_in(client, "reviewer")

        assert client.get(reverse("admin:review_decision_evidence", args=[uuid7()])).status_code == 404

    def test_lists_its_readings(self, client, decision):
        reviewer = signed_in(client, "reviewer")
        client.post(reverse("admin:review_decision_evidence", args=[decision.id]))

        page = client.get(reverse("admin:review_evidencereading_changelist")).content.decode()

        assert reviewer.email in page
