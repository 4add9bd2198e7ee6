"""The pages of one rule and of restoring a ruleset, through a browser's requests."""

import threading
from typing import Any

import pytest
from django.db import connection, connections
from django.test import Client
from django.urls import reverse
from django.utils import translation

from chatapp.accounts.models import User
from chatapp.moderation.admin import rules as admin
from chatapp.moderation.errors import RuleRevisionOutdated
from chatapp.moderation.models import Rule, RuleApproval, Ruleset
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.moderation.rules.services import rule_create, rule_update
from tests.support.factories import make_staff, make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def grave_rule() -> Rule:
    """Somebody else's, waiting; in its second revision."""
    author = make_staff("moderator")
    rule = Rule(slug="spells", category="other", severity=3, action="block", stages=["input"], words="xyzzy spell")
    rule_create(rule=rule, author=author)
    rule.words, rule.state = "xyzzy spell\nplugh spell", "enforcing"
    rule_update(rule=rule, author=author, reason="a wave of <spells>")
    return rule


def page(client: Client, name: str, *arguments: object, **headers: str) -> str:
    response = client.get(reverse(f"admin:moderation_{name}", args=arguments), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


class TestTheRuleForm:
    def test_has_a_button_for_each_legal_move(self, client, moderator, grave_rule):
        text = page(client, "rule_change", grave_rule.id)

        assert 'data-move="shadow"' in text
        assert 'data-move="retired"' in text
        assert 'data-move="draft"' not in text

    def test_does_not_move_the_state(self, client, moderator, grave_rule):
        fields = {
            "kind": "keyword", "category": "other", "language": "any", "state": "draft", "severity": 3,
            "action": "block", "stages": ["input"], "words": "others", "reason": "others", "opened_revision": 2,
        }  # fmt: skip

        client.post(reverse("admin:moderation_rule_change", args=[grave_rule.id]), fields)

        grave_rule.refresh_from_db()
        assert (grave_rule.state, grave_rule.words) == ("enforcing", "others")

    def test_asks_for_a_reason_where_the_rule_is_in_force(self, client, moderator, grave_rule):
        fields = {
            "kind": "keyword",
            "category": "other",
            "language": "any",
            "severity": 3,
            "action": "block",
            "stages": ["input"],
            "opened_revision": 2,
        }

        response = client.post(
            reverse("admin:moderation_rule_change", args=[grave_rule.id]), {**fields, "words": "others", "reason": " "}
        )

        assert "Say why: the rule is in force" in response.content.decode()
        grave_rule.refresh_from_db()
        assert grave_rule.revision == 2

    def test_asks_for_none_for_a_draft(self, client, moderator):
        fields = {
            "kind": "keyword",
            "slug": "drafted", "category": "other", "language": "any", "state": "draft", "severity": 1,
            "action": "flag", "stages": ["input"], "words": "others",
        }  # fmt: skip

        assert client.post(reverse("admin:moderation_rule_add"), fields).status_code == 302

    def test_leads_to_the_history_that_is_ours(self, client, moderator, grave_rule):
        response = client.get(reverse("admin:moderation_rule_history", args=[grave_rule.id]))

        assert response.url == reverse("admin:moderation_rule_revisions", args=[grave_rule.id])


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


class TestTheHistoryPage:
    def test_shows_each_revision_with_reason_author_and_changes(self, client, moderator, grave_rule):
        text = page(client, "rule_revisions", grave_rule.id)

        assert text.index('data-revision="2"') < text.index('data-revision="1"')
        assert "a wave of &lt;spells&gt;" in text
        assert str(grave_rule.author) in text
        assert 'data-field="words"' in text
        assert "plugh spell</ins>" in text

    def test_says_values_in_the_readers_language(self, client, moderator, grave_rule):
        text = page(client, "rule_revisions", grave_rule.id, **{"accept-language": "zh-hans"})

        assert ">草稿</del>" in text
        assert ">执行中</ins>" in text

    def test_offers_to_bring_back_all_but_the_newest(self, client, moderator, grave_rule):
        text = page(client, "rule_revisions", grave_rule.id)

        assert reverse("admin:moderation_rule_restore", args=[grave_rule.id, 1]) in text
        assert reverse("admin:moderation_rule_restore", args=[grave_rule.id, 2]) not in text

    def test_is_closed_without_the_permission(self, client, grave_rule):
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse("admin:moderation_rule_revisions", args=[grave_rule.id])).status_code == 403


class TestTheMovePage:
    def test_moves_with_a_reason(self, client, moderator, grave_rule):
        address = reverse("admin:moderation_rule_move", args=[grave_rule.id, "shadow"])

        response = client.post(address, {"reason": "watch it first"})

        assert response.status_code == 302
        grave_rule.refresh_from_db()
        assert (grave_rule.state, grave_rule.author) == ("shadow", moderator)

    def test_asks_again_without_one(self, client, moderator, grave_rule):
        response = client.post(reverse("admin:moderation_rule_move", args=[grave_rule.id, "shadow"]), {"reason": ""})

        assert "This field is required" in response.content.decode()

    def test_says_why_an_illegal_move_is_not_made(self, client, moderator, grave_rule):
        response = client.post(reverse("admin:moderation_rule_move", args=[grave_rule.id, "draft"]), {"reason": "x"})

        assert "cannot become" in response.content.decode()

    def test_of_a_word_that_is_no_state_is_not_found(self, client, moderator, grave_rule):
        assert client.get(reverse("admin:moderation_rule_move", args=[grave_rule.id, "nowhere"])).status_code == 404

    def test_is_closed_without_the_permission(self, client, grave_rule):
        signed_in(client, "reviewer")

        response = client.post(reverse("admin:moderation_rule_move", args=[grave_rule.id, "retired"]), {"reason": "x"})

        assert response.status_code == 403


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


class TestTheRestorePage:
    def test_shows_what_comes_back_and_brings_it_back(self, client, moderator, grave_rule):
        text = page(client, "rule_restore", grave_rule.id, 1)
        response = client.post(reverse("admin:moderation_rule_restore", args=[grave_rule.id, 1]), {"reason": "enough"})

        assert "plugh spell</del>" in text
        assert 'data-field="state"' not in text
        assert response.status_code == 302
        grave_rule.refresh_from_db()
        assert (grave_rule.words, grave_rule.state, grave_rule.revision) == ("xyzzy spell", "enforcing", 3)

    def test_of_a_revision_that_is_not_there_is_not_found(self, client, moderator, grave_rule):
        assert client.get(reverse("admin:moderation_rule_restore", args=[grave_rule.id, 9])).status_code == 404


class TestApproving:
    def test_is_offered_to_a_second_person(self, client, moderator, grave_rule):
        address = reverse("admin:moderation_rule_approve", args=[grave_rule.id, 2])

        assert address in page(client, "rule_change", grave_rule.id)
        assert "plugh spell" in page(client, "rule_approve", grave_rule.id, 2)

    def test_is_put_on_record(self, client, moderator, grave_rule):
        client.post(reverse("admin:moderation_rule_approve", args=[grave_rule.id, 2]))

        assert RuleApproval.objects.get(revision__rule=grave_rule, revision__number=2).approver == moderator
        assert f"Approved by {moderator}" in page(client, "rule_revisions", grave_rule.id)
        assert "waits for approval" not in page(client, "rule_change", grave_rule.id)

    def test_is_not_offered_to_the_author(self, client, grave_rule):
        client.force_login(grave_rule.author)
        address = reverse("admin:moderation_rule_approve", args=[grave_rule.id, 2])

        assert address not in page(client, "rule_change", grave_rule.id)
        assert 'id="approve-form"' not in page(client, "rule_approve", grave_rule.id, 2)
        client.post(address)
        assert not RuleApproval.objects.exists()

    def test_of_an_older_revision_says_to_read_again(self, client, moderator, grave_rule):
        response = client.post(reverse("admin:moderation_rule_approve", args=[grave_rule.id, 1]), follow=True)

        assert "was changed meanwhile" in response.content.decode()

    def test_is_closed_without_the_permission(self, client, grave_rule):
        signed_in(client, "reviewer")

        assert client.post(reverse("admin:moderation_rule_approve", args=[grave_rule.id, 2])).status_code == 403


class TestTheRuleList:
    def test_marks_and_finds_what_waits(self, client, moderator, grave_rule):
        address = reverse("admin:moderation_rule_changelist")

        everything, waiting = client.get(address), client.get(address, {"approval": "waits"})

        assert "waits for approval" in everything.content.decode()
        assert [rule.slug for rule in waiting.context["cl"].result_list] == ["spells"]


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


class TestEveryPage:
    @pytest.mark.parametrize(
        ("language", "sentence"), [("en", "History"), ("zh-hans", "历史")], ids=["English", "Chinese"]
    )
    def test_speaks_both_languages(self, client, moderator, grave_rule, language, sentence):
        header = {"accept-language": language}
        with translation.override(language):
            pages = [
                page(client, "rule_change", grave_rule.id, **header),
                page(client, "rule_revisions", grave_rule.id, **header),
                page(client, "rule_restore", grave_rule.id, 1, **header),
                page(client, "rule_move", grave_rule.id, "retired", **header),
                page(client, "rule_approve", grave_rule.id, 2, **header),
                page(client, "rule_publish", **header),
                page(client, "ruleset_restore", 1, **header),
            ]

        assert sentence in pages[0]
        assert all(f'lang="{language}"' in text for text in pages)
