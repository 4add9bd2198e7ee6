"""The pages of one rule, through a browser's requests."""

import pytest
from django.urls import reverse
from django.utils import translation

from chatapp.moderation.models import RuleApproval
from tests.moderation.admin.pages import page
from tests.support.factories import make_user, signed_in

pytestmark = pytest.mark.django_db


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
