"""The rule pages, through a browser's requests."""

import pytest
from django.apps import apps
from django.core.checks import run_checks
from django.test import Client
from django.urls import reverse

from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Stage
from chatapp.moderation.models import Rule, Ruleset
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.moderation.rules.published import rule_as_published
from chatapp.pages.admin_navigation import navigation
from tests.review.records import record
from tests.support.factories import make_user, publish_rule, signed_in

pytestmark = pytest.mark.django_db


def fields(**changes: object) -> dict[str, object]:
    return {
        "slug": "spells",
        "kind": "keyword",
        "category": "other",
        "language": "any",
        "state": "enforcing",
        "severity": 2,
        "action": "block",
        "stages": ["input", "output"],
        "words": "xyzzy spell",
        "allow_phrases": "",
        "replacement": "",
        "notice_en": "",
        "notice_zh_hans": "",
        "reason": "a test",
        **changes,
    }


class TestRuleForm:
    def test_stores_a_rule_with_its_author(self, client, moderator):
        response = client.post(reverse("admin:moderation_rule_add"), fields())

        assert response.status_code == 302
        rule = Rule.objects.get(slug="spells")
        assert (rule.author, rule.revision, rule.stages) == (moderator, 1, ["input", "output"])

    def test_stores_an_answer_in_the_models_place(self, client, moderator):
        answer = {"safe_completion_en": "Call 988.", "safe_completion_zh_hans": "请拨打 12356。"}

        client.post(reverse("admin:moderation_rule_add"), fields(action="safe_completion", **answer))

        published = rule_as_published(Rule.objects.get(slug="spells"))
        assert published.safe_completions == {"en": "Call 988.", "zh-hans": "请拨打 12356。"}

    def test_stores_a_rule_of_conduct_without_entries(self, client, moderator):
        settings = {"num_hits": 3, "window_s": 900, "categories": ["hate"]}

        client.post(
            reverse("admin:moderation_rule_add"), fields(kind="conduct", action="throttle", words="", **settings)
        )

        assert Rule.objects.get(slug="spells").options == settings

    def test_counts_the_revision_of_a_change(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields())
        rule = Rule.objects.get(slug="spells")

        response = client.post(
            reverse("admin:moderation_rule_change", args=[rule.pk]), fields(words="other spell", opened_revision=1)
        )

        assert response.status_code == 302
        rule.refresh_from_db()
        assert (rule.revision, rule.words) == (2, "other spell")

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"words": "杀"}, "“杀” is a single character"),
            ({"words": "Spell\nｓｐｅｌｌ"}, "is there already"),
            ({"words": "\u200b\n"}, "has no visible character"),
            ({"words": ""}, "Give at least one entry"),
            ({"stages": []}, "This field is required"),
            ({"allow_phrases": "nothing"}, "contains none of the words"),
            ({"action": "replace"}, "Replace needs a text"),
            ({"action": "allow"}, "Select a valid choice"),
            ({"action": "safe_completion"}, "Write the answer that people get"),
            ({"action": "throttle"}, "Throttle is what rules of conduct do"),
            ({"action": "throttle", "kind": "conduct", "words": "", "num_hits": 0}, "Hits go from 1"),
            ({"action": "throttle", "kind": "conduct", "words": "", "window_s": 5}, "A window lasts from"),
            ({"severity": 5}, "Severity goes from 1 to 4."),
            ({"slug": "slurs"}, "already exists"),
        ],
    )
    def test_says_what_is_wrong(self, client, moderator, changes, sentence):
        response = client.post(reverse("admin:moderation_rule_add"), fields(**changes))

        assert response.status_code == 200
        assert sentence in response.content.decode()
        assert not Rule.objects.filter(slug="spells").exists()

    def test_has_a_sentence_beside_every_field(self, client, moderator):
        page = client.get(reverse("admin:moderation_rule_add")).content.decode()

        assert "only where it stands alone" in page
        assert "A draft does nothing." in page

    def test_begins_with_the_channel_that_is_always_on(self, client, moderator):
        page = client.get(reverse("admin:moderation_rule_add")).content.decode()

        strict = page.split('name="channels" value="strict"')[1].split(">")[0]
        assert "checked" in strict

    def test_never_deletes_a_rule(self, client, admin_client):
        rule = Rule.objects.get(slug="slurs")

        assert admin_client.get(reverse("admin:moderation_rule_delete", args=[rule.pk])).status_code == 403


class TestRuleList:
    def test_shows_state_action_severity_and_whether_it_is_in_force(self, client, moderator):
        Rule.objects.filter(slug="slurs").update(words="changed words")

        page = client.get(reverse("admin:moderation_rule_changelist")).content.decode()

        assert "slurs" in page
        assert "changed since" in page
        assert "as published" in page

    def test_shows_the_hits_of_each_rule(self, client, moderator):
        publish_rule("xyzzy", action="flag")
        record(verdict=judge(ruleset_current(), "xyzzy and xyzzy", Stage.INPUT))

        response = client.get(reverse("admin:moderation_rule_changelist"))

        hits = {row.slug: row.num_hits for row in response.context["cl"].result_list}
        assert sorted(hits.values())[-2:] == [0, 2]

    def test_asks_the_same_number_of_queries_for_any_number_of_rules(
        self, client, moderator, django_assert_max_num_queries
    ):
        publish_rule("xyzzy")

        with django_assert_max_num_queries(16):
            client.get(reverse("admin:moderation_rule_changelist"))

    def test_in_chinese_and_in_english(self, client, moderator):
        for language in ("en", "zh-hans"):
            page = client.get(reverse("admin:moderation_rule_changelist"), headers={"accept-language": language})
            assert page.status_code == 200


class TestTryPage:
    def judge(self, client: Client, text: str, **changes: str) -> str:
        about = {"text": text, "stage": "input", "rules": "published", **changes}
        return client.post(reverse("admin:moderation_rule_try"), about).content.decode()

    def test_is_empty_at_first(self, client, moderator):
        page = client.get(reverse("admin:moderation_rule_try")).content.decode()

        assert 'id="try-form"' in page
        assert 'id="verdict"' not in page

    def test_shows_the_verdict_and_marks_the_spans_as_written_and_as_rules_see_them(self, client, moderator):
        page = self.judge(client, "你 教我做炸彈！")

        assert 'data-verdict="block"' in page
        assert ">教我做炸彈</mark>" in page
        assert ">教我做炸弹</mark>" in page
        assert "bomb-making-zh" in page

    @pytest.mark.parametrize(
        ("language", "kind", "channel"),
        [("en", "keyword list", "separators between letters"), ("zh-hans", "关键词表", "字间夹杂符号")],
        ids=["English", "Chinese"],
    )
    def test_says_by_which_kind_of_rule_and_which_channel_it_was_seen(self, client, moderator, language, kind, channel):
        client.post(reverse("admin:moderation_rule_add"), fields(channels=["strict", "skip"]))

        about = {"text": "x-y-z-z-y spell", "stage": "input", "rules": "edited"}
        address = reverse("admin:moderation_rule_try")
        page = client.post(address, about, headers={"accept-language": language}).content.decode()

        assert kind in page
        assert channel in page
        assert ">x-y-z-z-y spell</mark>" in page
        assert reverse("admin:moderation_rule_change", args=[Rule.objects.get(slug="spells").pk]) in page

    def test_shows_characters_that_nobody_sees(self, client, moderator):
        assert "x⟨U+200B⟩y" in self.judge(client, "x\u200by")

    def test_says_when_a_text_passes_unchanged(self, client, moderator):
        assert "All of it, unchanged." in self.judge(client, "一句话")

    def test_marks_what_does_not_act_yet(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields(state="draft"))

        assert "outline: 1px dashed" in self.judge(client, "xyzzy spell", rules="edited")

    @pytest.mark.parametrize("state", ["draft", "shadow"])
    def test_shows_what_a_rule_that_does_not_act_yet_would_do(self, client, moderator, state):
        client.post(reverse("admin:moderation_rule_add"), fields(state=state, action="redact"))

        page = self.judge(client, "say xyzzy spell", rules="edited")

        assert "nothing to do" in page
        would = page.split('id="would"')[1]
        assert would.startswith(' data-verdict="redact"')
        assert "by spells" in would
        assert 'id="would-release">say ███████████</p>' in would

    def test_weighs_what_would_act_together_with_what_does(self, client, moderator):
        publish_rule("plugh", action="block")
        client.post(reverse("admin:moderation_rule_add"), fields(state="draft", action="redact"))

        page = self.judge(client, "xyzzy spell and plugh", rules="edited")

        assert page.count('data-verdict="block"') == 2
        assert 'id="would-release">███████████ and </p>' in page

    def test_says_nothing_of_drafts_where_none_hits(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields(state="draft", action="redact"))

        assert 'id="would"' not in self.judge(client, "教我做炸弹", rules="edited")

    def test_names_the_rules_that_it_cannot_ask(self, client, moderator):
        rule = publish_rule("No insults.", action="flag", kind="judge", options={"threshold_unsafe": 0.9})

        page = self.judge(client, "hello")

        assert rule.slug in page.split('id="left-out"')[1].split("</p>")[0]

    def test_shows_that_no_rule_hits(self, client, moderator):
        page = self.judge(client, "一句话")

        assert 'data-verdict="allow"' in page
        assert "No rule hits this text." in page

    def test_escapes_what_was_typed(self, client, moderator):
        assert "<script>alert" not in self.judge(client, "<script>alert(1)</script>")

    def test_tries_drafts_on_request_only(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields(state="draft"))

        assert 'data-verdict="allow"' in self.judge(client, "xyzzy spell")
        assert "No rule hits" in self.judge(client, "xyzzy spell")
        assert 'id="matches"' in self.judge(client, "xyzzy spell", rules="edited")

    def test_is_the_one_entry_of_the_navigation_that_is_marked(self, client, moderator):
        response = client.get(reverse("admin:moderation_rule_try"))

        items = [item for group in navigation(response.wsgi_request) for item in group["items"]]
        assert [item["link"] for item in items if item["active"]] == [reverse("admin:moderation_rule_try")]

    def test_refuses_an_empty_text_with_a_sentence(self, client, moderator):
        assert "This field is required" in self.judge(client, "")

    def test_is_closed_to_staff_without_the_role(self, client):
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse("admin:moderation_rule_try")).status_code == 403

    def test_sends_everybody_else_to_the_sign_in_page(self, client):
        assert client.get(reverse("admin:moderation_rule_try")).status_code == 302


class TestPublishPage:
    def test_shows_what_will_change(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields())
        Rule.objects.filter(slug="slurs").update(words="changed words")
        Rule.objects.filter(slug="fraud").update(state="retired")

        changes = client.get(reverse("admin:moderation_rule_publish")).context["changes"]

        assert [rule.id for rule in changes.added] == ["spells"]
        assert [rule.id for rule in changes.changed] == ["slurs"]
        assert [rule.id for rule in changes.removed] == ["fraud"]

    @pytest.mark.parametrize(
        ("language", "words"),
        [("en", ["enforcing", "block"]), ("zh-hans", ["执行中", "拦截"])],
        ids=["English", "Chinese"],
    )
    def test_says_what_will_change_in_the_readers_language(self, client, moderator, language, words):
        client.post(reverse("admin:moderation_rule_add"), fields())

        page = client.get(reverse("admin:moderation_rule_publish"), headers={"accept-language": language})

        row = page.content.decode().split('data-rule="spells"')[1].split("</li>")[0]
        assert [word for word in words if word not in row] == []

    def test_publishes_with_a_reason(self, client, moderator):
        client.post(reverse("admin:moderation_rule_add"), fields())

        response = client.post(reverse("admin:moderation_rule_publish"), {"reason": "spells are back"})

        assert response.status_code == 302
        newest = Ruleset.objects.first()
        assert newest is not None
        assert (newest.version, newest.reason, newest.published_by) == (2, "spells are back", moderator)

    @pytest.mark.parametrize(
        ("reason", "sentence"),
        [("", "This field is required"), ("again", "Nothing has changed since the last ruleset.")],
    )
    def test_says_why_it_does_not(self, client, moderator, reason, sentence):
        response = client.post(reverse("admin:moderation_rule_publish"), {"reason": reason})

        assert response.status_code == 200
        assert sentence in response.content.decode()
        assert Ruleset.objects.count() == 1

    def test_is_closed_without_the_permission(self, client):
        signed_in(client, "reviewer")

        assert client.post(reverse("admin:moderation_rule_publish"), {"reason": "x"}).status_code == 403


class TestTheAdmin:
    def test_asks_no_database_before_there_are_tables(self, django_assert_num_queries):
        with django_assert_num_queries(0):
            run_checks([apps.get_app_config("moderation"), apps.get_app_config("review")])


class TestRulesetPages:
    def test_list_and_show_what_was_published_and_change_nothing(self, client, admin_client):
        assert "default pack" in admin_client.get(reverse("admin:moderation_ruleset_changelist")).content.decode()
        page = reverse("admin:moderation_ruleset_change", args=[1])
        assert "bomb-making-zh" in admin_client.get(page).content.decode()
        assert admin_client.post(page, {"reason": "other"}).status_code == 403
        assert admin_client.get(reverse("admin:moderation_ruleset_add")).status_code == 403
