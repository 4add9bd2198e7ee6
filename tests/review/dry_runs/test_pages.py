"""The pages of dry runs through a browser's requests: who sees what, in both languages, and what publishing says."""

import pytest
from django.db import DatabaseError, transaction
from django.urls import reverse

from chatapp.core.ids import uuid7
from chatapp.moderation import models as moderation
from chatapp.moderation.errors import OverrideNotPermitted, PublishAdvisedAgainst
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.moderation.rules.services import rule_create
from chatapp.review.dry_runs.models import DryRun, DryRunReading, DryRunScope
from chatapp.review.dry_runs.running import dry_runs_work
from chatapp.review.dry_runs.selectors import dry_run_samples_read
from chatapp.review.dry_runs.services import dry_run_start
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing
from tests.support.factories import make_answer, make_conversation, make_question, make_staff, make_user, signed_in

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]
TEXT, REPLY = "please say xyzzy aloud", "It is only a xyzzy, nothing more."
LIST, START = "admin:review_dryrun_changelist", "admin:review_dryrun_start"


@pytest.fixture
def rule():
    row = moderation.Rule(slug="spells", category="other", action="block", words="xyzzy", state="enforcing")
    row.stages = ["input", "output"]
    rule_create(rule=row, author=make_user(), reason="a test")
    return row


@pytest.fixture
def conversation():
    conversation = make_conversation(make_user())
    make_answer(conversation, parent=make_question(conversation, text=TEXT), text=REPLY)
    return conversation


@pytest.fixture
def run(rule, conversation):
    return finished(dry_run_start(author=make_staff("moderator"), scope=DryRunScope.NEXT))


def finished(run):
    dry_runs_work()
    run.refresh_from_db()
    return run


def page_of(run):
    return reverse("admin:review_dryrun_change", args=[run.id])


class TestTheList:
    @pytest.mark.parametrize("group", ["moderator", "reviewer"])
    def test_says_what_each_found(self, client, run, group):
        signed_in(client, group)

        page = client.get(reverse(LIST)).content.decode()

        assert "100.00%" in page
        assert "xyzzy" not in page

    def test_is_closed_to_staff_without_a_role(self, client, run):
        signed_in(client)

        assert client.get(reverse(LIST)).status_code == 403
        assert client.get(page_of(run)).status_code == 403
        assert client.get(reverse(START)).status_code == 403


class TestTheStartForm:
    def test_asks_for_thirty_days_unless_told_otherwise(self, client, rule):
        signed_in(client, "moderator")

        assert client.get(reverse(START)).context["form"]["num_days"].value() == 30

    def test_starts_a_dry_run_and_leads_to_it(self, client, rule):
        user = signed_in(client, "moderator")

        response = client.post(reverse(START), {"scope": "rule", "rule_slug": "spells", "num_days": 7})

        run = DryRun.objects.get()
        assert response.url == page_of(run)
        assert (run.asked_by_id, run.rule_slug, run.num_days, run.state) == (user.id, "spells", 7, "queued")

    def test_is_filled_in_from_the_page_of_a_rule(self, client, rule):
        signed_in(client, "moderator")

        response = client.get(reverse("admin:moderation_rule_open_dry_run", args=[rule.id]), follow=True)

        form = response.context["form"]
        assert (form["scope"].value(), form["rule_slug"].value()) == ("rule", "spells")

    @pytest.mark.parametrize(
        "asked", [{"scope": "rule", "num_days": 7}, {"scope": "next"}, {"scope": "what", "num_days": 7}]
    )
    def test_starts_nothing_that_makes_no_sense(self, client, rule, asked):
        signed_in(client, "moderator")

        response = client.post(reverse(START), asked)

        assert response.context["form"].errors
        assert not DryRun.objects.exists()

    def test_is_closed_to_reviewers(self, client):
        signed_in(client, "reviewer")

        assert client.post(reverse(START), {"scope": "next", "num_days": 7}).status_code == 403


class TestThePage:
    def test_shows_figures_and_no_text(self, client, run):
        signed_in(client, "reviewer")

        page = client.get(page_of(run)).content.decode()

        assert "2 of 2 messages" in page
        assert "2 newly withheld, 0 no longer" in page
        assert 'data-rule="spells"' in page
        assert "xyzzy" not in page
        assert not DryRunReading.objects.exists()

    def test_asks_again_while_the_run_is_under_way_and_no_longer(self, client, rule, conversation):
        run = dry_run_start(author=make_staff("moderator"), scope=DryRunScope.NEXT)
        signed_in(client, "moderator")
        assert "hx-get" in client.get(page_of(run)).content.decode().partition('id="dry-run"')[2][:200]

        finished(run)

        assert "hx-get" not in client.get(page_of(run)).content.decode().partition('id="dry-run"')[2][:200]

    def test_calls_a_run_off(self, client, rule):
        run = dry_run_start(author=make_staff("moderator"), scope=DryRunScope.NEXT)
        signed_in(client, "moderator")

        client.post(page_of(run), {"deed": "cancel"})

        run.refresh_from_db()
        assert run.state == "cancelled"

    def test_lets_a_reviewer_call_nothing_off(self, client, rule):
        run = dry_run_start(author=make_staff("moderator"), scope=DryRunScope.NEXT)
        signed_in(client, "reviewer")

        client.post(page_of(run), {"deed": "cancel"})

        run.refresh_from_db()
        assert run.state == "queued"

    def test_of_an_unknown_run_is_not_found(self, client):
        signed_in(client, "moderator")

        assert client.get(reverse("admin:review_dryrun_change", args=[uuid7()])).status_code == 404
        assert client.get(reverse("admin:review_dryrun_change", args=["what"])).status_code == 404


class TestSamples:
    def test_are_shown_to_a_reviewer_after_it_is_on_record(self, client, run):
        reviewer = signed_in(client, "reviewer")

        page = client.post(page_of(run), {"show": "spells"}).content.decode()

        assert ">xyzzy</mark>" in page
        assert TEXT in page  # the message before the answer
        reading = DryRunReading.objects.get()
        assert (reading.reader_id, reading.dry_run_id, reading.rule_slug) == (reviewer.id, run.id, "spells")
        assert len(reading.message_ids) == 2

    def test_are_not_shown_to_a_moderator(self, client, run):
        signed_in(client, "moderator")

        page = client.post(page_of(run), {"show": "spells"}).content.decode()

        assert "xyzzy" not in page
        assert "nothing more" not in page
        assert not DryRunReading.objects.exists()

    def test_are_refused_by_the_selector_itself(self, run):
        with pytest.raises(EvidenceForbidden):
            dry_run_samples_read(dry_run=run, rule_slug="spells", reader=make_staff("moderator"))
        with pytest.raises(EvidenceMissing):
            dry_run_samples_read(dry_run=run, rule_slug="others", reader=make_staff("reviewer"))

    def test_of_messages_that_are_gone_say_so(self, client, run, conversation):
        conversation.delete()
        signed_in(client, "reviewer")

        page = client.post(page_of(run), {"show": "spells"}).content.decode()

        assert "The message is not there any more." in page

    def test_are_cut_to_what_stands_around_the_hit(self, rule):
        make_question(make_conversation(make_user()), text="a" * 500 + " xyzzy " + "b" * 500)
        run = finished(dry_run_start(author=make_staff("moderator"), scope=DryRunScope.NEXT))

        read = dry_run_samples_read(dry_run=run, rule_slug="spells", reader=make_staff("reviewer"))[0]

        assert read.hit == "xyzzy"
        assert read.left == "…" + "a" * 119 + " "
        assert read.right == " " + "b" * 119 + "…"

    def test_readings_are_never_changed_or_deleted(self, run):
        dry_run_samples_read(dry_run=run, rule_slug="spells", reader=make_staff("reviewer"))

        with pytest.raises(DatabaseError), transaction.atomic():
            DryRunReading.objects.update(reader_email="other@example.org")
        with pytest.raises(DatabaseError), transaction.atomic():
            DryRunReading.objects.all().delete()

    def test_readings_are_listed_for_reviewers(self, client, run):
        reviewer = signed_in(client, "reviewer")
        client.post(page_of(run), {"show": "spells"})

        assert reviewer.email in client.get(reverse("admin:review_dryrunreading_changelist")).content.decode()


class TestInChinese:
    def test_the_pages_are_whole(self, client, run):
        signed_in(client, "moderator", "reviewer", language="zh-hans")

        pages = {
            LIST: client.get(reverse(LIST)).content.decode(),
            START: client.get(reverse(START)).content.decode(),
            "run": client.post(page_of(run), {"show": "spells"}).content.decode(),
        }

        assert "试运行" in pages[LIST]
        assert "最近多少天的消息。" in pages[START]
        assert "新拦下 2 条，不再拦下 0 条" in pages["run"]
        assert "你的这次查看已记录在案。" in pages["run"]


class TestPublishing:
    def test_offers_a_dry_run_of_rules_that_were_not_run(self, client, rule):
        signed_in(client, "moderator")

        page = client.get(reverse("admin:moderation_rule_publish")).content.decode()

        assert "These rules were not run over past conversations yet." in page
        assert reverse(START) in page

    def test_shows_the_newest_dry_run_of_exactly_these_rules(self, client, run, rule):
        signed_in(client, "moderator")
        assert page_of(run) in client.get(reverse("admin:moderation_rule_publish")).content.decode()

        moderation.Rule.objects.filter(id=rule.id).update(words="plugh")

        assert page_of(run) not in client.get(reverse("admin:moderation_rule_publish")).content.decode()

    def test_is_refused_above_the_limit(self, run):
        with pytest.raises(PublishAdvisedAgainst):
            ruleset_publish(author=make_staff("moderator"), reason="spells")

        assert ruleset_current().version == 1

    def test_is_open_below_the_limit(self, run, settings):
        settings.MODERATION_DRY_RUN_SHARE_LIMIT = 1.0

        ruleset_publish(author=make_staff("moderator"), reason="spells")

        assert ruleset_current().version == 2

    def test_is_open_to_an_administrator_who_says_why(self, client, run):
        signed_in(client, is_superuser=True)
        page = reverse("admin:moderation_rule_publish")
        assert "override_reason" in client.get(page).content.decode()

        client.post(page, {"reason": "spells", "override_reason": "a flood of spells"})

        published = moderation.Ruleset.objects.get(version=2)
        assert (published.override_reason, published.overridden) == ("a flood of spells", ["advice"])
        listed = client.get(reverse("admin:moderation_ruleset_changelist")).content.decode()
        assert "in spite of a dry run: a flood of spells" in listed
        assert "without a second person" not in listed

    def test_is_not_open_to_a_moderator_who_says_why(self, run):
        with pytest.raises(OverrideNotPermitted):
            ruleset_publish(author=make_staff("moderator"), reason="spells", override_reason="because")


class TestNavigation:
    @pytest.mark.parametrize("group", ["moderator", "reviewer"])
    def test_leads_to_the_dry_runs(self, client, group):
        signed_in(client, group)

        titles = {
            item["title"]
            for section in client.get(reverse(LIST)).context["sidebar_navigation"]
            for item in section["items"]
        }
        assert "Dry runs" in titles
