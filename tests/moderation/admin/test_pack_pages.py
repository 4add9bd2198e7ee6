"""The pages on which packs come in and go out, through a browser's requests."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from chatapp.moderation.models import Rule
from chatapp.moderation.packs.uploads import MAX_PACK_BYTES
from tests.support.factories import make_staff, make_user

pytestmark = pytest.mark.django_db

GOOD_CSV = "phrase,category,severity,action\nxyzzy,other,3,block\nplugh,,,\n"
BAD_CSV = GOOD_CSV + "<b>fleem</b>,nonsense,3,block\n"


def upload(client: Client, content: bytes | str = "", *, file_name: str = "pack.csv", **fields: object) -> str:
    """Sends a file, or with `text` what was pasted; the address of the preview."""
    about = {"name": "magic", "category": "fraud", "action": "flag", "severity": 2, "language": "any", **fields}
    if content:
        raw = content.encode() if isinstance(content, str) else content
        about["file"] = SimpleUploadedFile(file_name, raw)
    response = client.post(reverse("admin:moderation_rule_import"), about)
    assert response.status_code == 302, response.content.decode()
    return str(response["Location"])


class TestTheImportPage:
    def test_shows_what_would_be_created_before_it_is(self, client, moderator):
        page = client.get(upload(client, GOOD_CSV)).content.decode()

        assert 'data-rule="magic-other-block-3-any"' in page
        assert 'data-rule="magic-fraud-flag-2-any"' in page
        assert 'id="problems"' not in page
        assert not Rule.objects.filter(slug__startswith="magic").exists()

    def test_imports_after_the_yes(self, client, moderator):
        address = upload(client, GOOD_CSV)

        response = client.post(address, {"reason": "a trial"})

        assert response.status_code == 302
        rules = Rule.objects.filter(slug__startswith="magic")
        assert {(rule.slug, rule.words, rule.state, rule.author) for rule in rules} == {
            ("magic-other-block-3-any", "xyzzy", "draft", moderator),
            ("magic-fraud-flag-2-any", "plugh", "draft", moderator),
        }

    def test_imports_once(self, client, moderator):
        address = upload(client, GOOD_CSV)
        client.post(address, {"reason": "a trial"})

        again = client.post(address, {"reason": "a trial"}, follow=True)

        assert "This upload is not here any more" in again.content.decode()

    def test_asks_for_a_reason(self, client, moderator):
        response = client.post(upload(client, GOOD_CSV), {"reason": ""})

        assert "This field is required" in response.content.decode()
        assert not Rule.objects.filter(slug__startswith="magic").exists()

    @pytest.mark.parametrize(
        ("language", "advice"),
        [("en", "Use one of: violence, weapons"), ("zh-hans", "请使用其中之一：violence, weapons")],
        ids=["English", "Chinese"],
    )
    def test_lists_each_bad_line_with_its_number_and_what_to_do(self, client, moderator, language, advice):
        address = upload(client, BAD_CSV)

        page = client.get(address, headers={"accept-language": language}).content.decode()

        assert 'data-line="4" data-code="category_unknown"' in page
        assert advice in page

    def test_escapes_what_stands_in_the_file(self, client, moderator):
        page = client.get(upload(client, "phrase\n<script>alert(1)</script>\n")).content.decode()

        assert "<script>alert" not in page

    def test_imports_the_good_lines_of_a_file_with_bad_ones(self, client, moderator):
        client.post(upload(client, BAD_CSV), {"reason": "a trial"})

        assert Rule.objects.filter(slug__startswith="magic").count() == 2

    def test_shows_which_rules_are_there_already(self, client, moderator):
        client.post(upload(client, GOOD_CSV), {"reason": "a trial"})

        page = client.get(upload(client, GOOD_CSV)).content.decode()

        assert 'id="existing-rules"' in page
        assert 'id="pack-confirm-form"' not in page

    def test_takes_a_pasted_list_with_the_fields_that_were_chosen(self, client, moderator):
        client.post(upload(client, text="xyzzy\n# a comment\nplugh"), {"reason": "a trial"})

        assert Rule.objects.get(slug="magic-fraud-flag-2-any").words == "xyzzy\nplugh"

    def test_offers_nothing_to_import_where_the_file_cannot_be_read(self, client, moderator):
        page = client.get(upload(client, '{"name": "magic",\n oops', file_name="pack.json")).content.decode()

        assert 'data-line="2" data-code="json_unreadable"' in page
        assert 'id="pack-confirm-form"' not in page

    @pytest.mark.parametrize(
        ("content", "fields", "sentence"),
        [
            (b"", {}, "Choose a file or paste a text."),
            (b"x" * (MAX_PACK_BYTES + 1), {}, "The pack is too large: at most 5 MB."),
            ("词".encode("gb18030"), {}, "The file is not UTF-8 text."),
            (b"xyzzy", {"name": "two words"}, "Enter a valid value."),
            (b"xyzzy", {"action": "replace"}, "Select a valid choice."),
        ],
    )
    def test_says_why_it_takes_nothing(self, client, moderator, content, fields, sentence):
        about = {"name": "magic", "category": "fraud", "action": "flag", "severity": 2, "language": "any", **fields}

        response = client.post(
            reverse("admin:moderation_rule_import"),
            {**about, **({"file": SimpleUploadedFile("pack.txt", content)} if content else {})},
        )

        assert response.status_code == 200
        assert sentence in response.content.decode()

    def test_shows_nobody_what_another_has_sent(self, client, moderator):
        address = upload(client, GOOD_CSV)
        client.force_login(make_staff("moderator"))

        assert client.get(address).status_code == 302

    @pytest.mark.parametrize("missing", ["add_rule", "change_rule"])
    def test_is_closed_to_who_may_not_add_and_change_rules(self, client, missing):
        user = make_user(is_staff=True)
        names = {"view_rule", "add_rule", "change_rule"} - {missing}
        user.user_permissions.set(Permission.objects.filter(codename__in=names))
        client.force_login(user)

        assert client.get(reverse("admin:moderation_rule_import")).status_code == 403
        assert client.post(reverse("admin:moderation_rule_import"), {"text": "x"}).status_code == 403


class TestTheExportPage:
    def test_gives_the_chosen_rules_as_a_pack(self, client, moderator):
        response = client.post(
            reverse("admin:moderation_rule_export"), {"name": "mine", "format": "json", "rules": ["slurs"]}
        )

        assert response["Content-Disposition"] == 'attachment; filename="mine.json"'
        pack = json.loads(response.content)
        assert pack["name"] == "mine"
        assert [entry["phrase"] for entry in pack["entries"]] == Rule.objects.get(slug="slurs").words.splitlines()

    def test_gives_a_table_that_spreadsheets_read_as_utf_8(self, client, moderator):
        response = client.post(
            reverse("admin:moderation_rule_export"), {"name": "mine", "format": "csv", "rules": ["slurs"]}
        )

        assert response.content.startswith(b"\xef\xbb\xbfphrase,")

    def test_gives_what_the_import_page_takes(self, client, moderator):
        rules = Rule.objects.filter(kind="keyword").exclude(action="replace")
        about = {"name": "mine", "rules": [rule.slug for rule in rules]}

        for ending in ("json", "csv"):
            file = client.post(reverse("admin:moderation_rule_export"), {**about, "format": ending}).content
            page = client.get(upload(client, file, file_name=f"mine.{ending}")).content.decode()
            assert 'id="problems"' not in page
            assert 'id="pack-confirm-form"' in page

    def test_chooses_every_rule_that_a_pack_can_hold_and_names_the_others(self, client, moderator):
        Rule.objects.create(slug="a-regex", kind="regex", category="other", words="x+", stages=["input"])

        response = client.get(reverse("admin:moderation_rule_export"))

        assert "slurs" in response.context["form"].fields["rules"].initial
        assert "a-regex" in {rule.slug for rule in response.context["left_out"]}
        assert not [rule for rule in response.context["left_out"] if rule.kind == "keyword"]

    def test_asks_for_at_least_one(self, client, moderator):
        response = client.post(reverse("admin:moderation_rule_export"), {"name": "mine", "format": "json"})

        assert "This field is required" in response.content.decode()

    def test_is_closed_to_who_may_not_change_rules(self, client):
        user = make_user(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_rule"))
        client.force_login(user)

        assert client.get(reverse("admin:moderation_rule_export")).status_code == 403


class TestTheRuleList:
    def test_leads_to_both(self, client, moderator):
        page = client.get(reverse("admin:moderation_rule_changelist")).content.decode()

        assert "open-import" in page
        assert "open-export" in page
