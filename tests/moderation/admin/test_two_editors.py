"""Two people at the pages of one rule: nobody overwrites what they have not read."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.urls import reverse

from chatapp.moderation.admin import rules as admin
from chatapp.moderation.errors import RuleRevisionOutdated
from chatapp.moderation.models import Rule
from chatapp.moderation.rules.services import rule_update
from tests.moderation.admin.pages import page
from tests.support.factories import make_staff

pytestmark = pytest.mark.django_db


def edited(rule: Rule, **changes: object) -> dict[str, object]:
    """What the form sends for a rule as it was read."""
    read = {
        name: getattr(rule, name)
        for name in ("kind", "category", "language", "severity", "action", "stages", "words", "notice_en")
    }
    return {**read, "channels": rule.channels, "opened_revision": rule.revision, "reason": "mine", **changes}


class TestTwoPeopleWhoEditOneRule:
    @pytest.fixture
    def opened(self, client, moderator, grave_rule) -> Rule:
        """As this person opened it; meanwhile its author stored another revision."""
        read = Rule.objects.get(id=grave_rule.id)
        grave_rule.severity, grave_rule.notice_en = 4, "Not here."
        rule_update(rule=grave_rule, author=make_staff("moderator"), reason="worse than thought")
        return read

    def save(self, client, rule, **changes) -> str:
        response = client.post(reverse("admin:moderation_rule_change", args=[rule.id]), edited(rule, **changes))
        return response.content.decode() if response.status_code == 200 else ""

    def test_begin_with_the_revision_that_the_page_shows(self, client, moderator, grave_rule):
        text = page(client, "rule_change", grave_rule.id)

        assert '<input type="hidden" name="opened_revision" value="2" id="id_opened_revision">' in text

    def test_are_told_who_changed_what_and_keep_what_they_typed(self, client, opened):
        text = self.save(client, opened, words="my spell\nanother of mine")

        author = Rule.objects.get(id=opened.id).author
        assert f"{author} changed this rule meanwhile, now revision 3: Severity, Notice in English." in text
        newer = f"{reverse('admin:moderation_rule_revisions', args=[opened.id])}#revision-3"
        assert f'<a class="underline" href="{newer}" target="_blank">See what changed</a>' in text
        assert 'id="revision-3"' in page(client, "rule_revisions", opened.id)
        assert "my spell\nanother of mine</textarea>" in text
        stored = Rule.objects.get(id=opened.id)
        assert (stored.revision, stored.severity, stored.words) == (3, 4, opened.words)

    def test_are_told_in_their_language(self, client, opened):
        client.defaults["HTTP_ACCEPT_LANGUAGE"] = "zh-hans"

        text = self.save(client, opened)

        assert "其间修改了这条规则，现在是第 3 次修订：严重程度, 英文提示。" in text
        assert "什么都还没有保存" in text

    def test_may_save_once_more_and_then_mean_it(self, client, opened):
        text = self.save(client, opened, words="my spell")

        assert 'name="opened_revision" value="3"' in text
        assert self.save(client, opened, words="my spell", opened_revision=3) == ""
        stored = Rule.objects.get(id=opened.id)
        assert (stored.revision, stored.words) == (4, "my spell")

    @pytest.mark.parametrize("said", ["", "0", "9"])
    def test_are_refused_with_a_revision_that_never_was(self, client, opened, said):
        assert "changed this rule meanwhile" in self.save(client, opened, opened_revision=said)


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestTwoSavesAtOneInstant:
    def test_store_one_and_tell_the_other(self, client, moderator, grave_rule, monkeypatch):
        outcomes: list[str] = []

        def save_theirs(theirs: Rule) -> None:
            try:
                rule_update(rule=theirs, author=make_staff("moderator"), reason="theirs")
                outcomes.append("stored")
            except RuleRevisionOutdated:
                outcomes.append("told")
            finally:
                connections.close_all()

        def after_theirs(**change: Any) -> None:
            monkeypatch.setattr(admin, "rule_update", rule_update)
            thread = threading.Thread(target=save_theirs, args=[Rule.objects.get(id=grave_rule.id)])
            threads.append(thread)
            thread.start()
            if connection.vendor == "postgresql":  # on SQLite nobody else writes while a request does
                thread.join()
            rule_update(**change)

        threads: list[threading.Thread] = []
        monkeypatch.setattr(admin, "rule_update", after_theirs)

        response = client.post(
            reverse("admin:moderation_rule_change", args=[grave_rule.id]), edited(grave_rule, words="my spell")
        )
        threads[0].join()

        outcomes.append("stored" if response.status_code == 302 else "told")
        assert sorted(outcomes) == ["stored", "told"]
        assert Rule.objects.get(id=grave_rule.id).revision == 3
        if response.status_code == 200:
            assert "changed this rule meanwhile, now revision 3" in response.content.decode()


class TestAPageOpenedBeforeAnotherPersonsSave:
    @pytest.fixture(autouse=True)
    def _saved(self, moderator, grave_rule):
        grave_rule.words = "quite another"
        rule_update(rule=grave_rule, author=make_staff("moderator"), reason="others")

    @pytest.mark.parametrize(("name", "argument"), [("rule_move", "retired"), ("rule_restore", 1)])
    def test_does_nothing_until_the_person_has_read_what_changed(self, client, grave_rule, name, argument):
        address = reverse(f"admin:moderation_{name}", args=[grave_rule.id, argument])

        refused = client.post(address, {"reason": "mine", "opened": 2}).content.decode()
        assert "changed this rule meanwhile, now revision 3: Entries." in refused
        assert 'name="opened" value="3"' in refused
        assert "mine" in refused
        assert Rule.objects.get(id=grave_rule.id).revision == 3

        assert client.post(address, {"reason": "mine", "opened": 3}).status_code == 302
        assert Rule.objects.get(id=grave_rule.id).revision == 4

    def test_leads_to_a_move_that_says_so_at_once(self, client, grave_rule):
        address = reverse("admin:moderation_rule_move", args=[grave_rule.id, "retired"])

        assert f"{address}?opened=3" in page(client, "rule_change", grave_rule.id)
        assert 'id="outdated"' in client.get(f"{address}?opened=2").content.decode()
        for newest in ("3", "", "x", "9" * 5000):
            assert 'id="outdated"' not in client.get(address, {"opened": newest}).content.decode()
