"""The pages that put rules into force: publishing, and restoring an earlier ruleset."""

import pytest
from django.urls import reverse

from chatapp.accounts.models import User
from chatapp.moderation.models import Rule, Ruleset
from chatapp.moderation.publishing.services import ruleset_publish
from tests.moderation.admin.pages import page
from tests.support.factories import make_user

pytestmark = pytest.mark.django_db


class TestThePublishPage:
    def test_names_what_waits_and_publishes_nothing(self, client, moderator, grave_rule):
        text = page(client, "rule_publish")
        response = client.post(reverse("admin:moderation_rule_publish"), {"reason": "spells"})

        assert 'id="waiting"' in text
        assert "override_reason" not in text
        assert "wait for the approval of a second person: spells." in response.content.decode()
        assert Ruleset.objects.count() == 1

    def test_publishes_only_what_it_showed(self, client, moderator):
        Rule.objects.filter(slug="fraud").update(state="retired")
        shown = client.get(reverse("admin:moderation_rule_publish")).context["shown"]
        Rule.objects.filter(slug="slurs").update(state="retired")

        response = client.post(reverse("admin:moderation_rule_publish"), {"reason": "without fraud", "shown": shown})

        assert "Rules were changed since this page was shown" in response.content.decode()
        assert not Ruleset.objects.filter(version=2).exists()
        newly = response.context["shown"]
        client.post(reverse("admin:moderation_rule_publish"), {"reason": "without both", "shown": newly})
        assert Ruleset.objects.get(version=2).reason == "without both"

    def test_lets_an_administrator_go_on_with_a_reason(self, admin_client, grave_rule):
        assert "override_reason" in page(admin_client, "rule_publish")

        admin_client.post(
            reverse("admin:moderation_rule_publish"), {"reason": "spells", "override_reason": "an attack"}
        )

        assert Ruleset.objects.get(version=2).override_reason == "an attack"
        listed = page(admin_client, "ruleset_changelist")
        assert "without a second person: an attack" in listed
        assert "in spite of a dry run" not in listed

    def test_says_what_to_do_where_nobody_else_may_approve(self, client, moderator, grave_rule):
        assert 'id="lonely"' not in page(client, "rule_publish")

        User.objects.exclude(id__in=[moderator.id, grave_rule.author_id]).update(is_active=False)
        moderator.groups.clear()
        client.force_login(Rule.objects.get(id=grave_rule.id).author)

        pages = [page(client, "rule_publish"), page(client, "rule_change", grave_rule.id)]
        pages.append(page(client, "rule_approve", grave_rule.id, 2))
        assert ['id="lonely"' in text for text in pages] == [True, True, True]
        assert "put it into the group “moderator”" in pages[0]

    def test_says_nothing_of_it_where_one_person_keeps_the_rules(self, client, moderator, grave_rule, settings):
        settings.MODERATION_SECOND_APPROVAL = False

        assert 'id="waiting"' not in page(client, "rule_publish")


class TestTheRulesetRestorePage:
    @pytest.fixture(autouse=True)
    def _two_versions(self, moderator):
        Rule.objects.filter(slug="fraud").update(state="retired")
        ruleset_publish(author=moderator, reason="without fraud")

    def test_shows_the_difference_and_puts_it_back(self, client):
        address = reverse("admin:moderation_ruleset_restore", args=[1])

        shown = client.get(address)
        response = client.post(address, {"reason": "fraud is back"})

        assert [rule.id for rule in shown.context["changes"].added] == ["fraud"]
        assert "The rules that you edit stay as they are" in shown.content.decode()
        assert response.status_code == 302
        newest = Ruleset.objects.get(version=3)
        assert (newest.restored_version, newest.reason) == (1, "fraud is back")

    def test_puts_back_only_against_what_it_showed(self, client, moderator):
        address = reverse("admin:moderation_ruleset_restore", args=[1])
        shown = client.get(address).context["shown"]
        Rule.objects.filter(slug="slurs").update(state="retired")
        ruleset_publish(author=moderator, reason="without slurs")

        response = client.post(address, {"reason": "fraud is back", "shown": shown})

        assert "Rules were changed since this page was shown" in response.content.decode()
        assert not Ruleset.objects.filter(version=4).exists()
        client.post(address, {"reason": "both are back", "shown": response.context["shown"]})
        assert Ruleset.objects.get(version=4).reason == "both are back"

    def test_is_reached_from_the_list(self, client):
        text = page(client, "ruleset_changelist")

        assert reverse("admin:moderation_ruleset_restore", args=[1]) in text
        assert reverse("admin:moderation_ruleset_restore", args=[2]) not in text

    def test_asks_for_a_reason(self, client):
        response = client.post(reverse("admin:moderation_ruleset_restore", args=[1]), {"reason": ""})

        assert "This field is required" in response.content.decode()

    def test_says_that_the_version_is_in_force(self, client):
        response = client.post(reverse("admin:moderation_ruleset_restore", args=[2]), {"reason": "again"})

        assert "Nothing has changed since the last ruleset." in response.content.decode()

    def test_of_a_version_that_never_was_is_not_found(self, client):
        assert client.get(reverse("admin:moderation_ruleset_restore", args=[9])).status_code == 404

    def test_is_closed_without_the_permission(self, client):
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse("admin:moderation_ruleset_restore", args=[1])).status_code == 403
