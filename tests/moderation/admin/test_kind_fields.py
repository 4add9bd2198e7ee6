"""The rule form shows what the chosen kind needs, and everything where no script runs."""

import json

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import translation

from chatapp.moderation.admin.kind_fields import (
    CHANNEL_HINTS,
    ENTRY_HELP,
    STAGE_HINTS,
    conditional_fields,
    kinds_by_field,
)
from chatapp.moderation.admin.rule_form import OPTION_FIELDS, RuleForm
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.verdict import Channel
from chatapp.moderation.models import Rule
from tests.support.factories import make_user, signed_in

pytestmark = pytest.mark.django_db


@pytest.fixture
def form_page(client: Client) -> str:
    signed_in(client, "moderator")
    return client.get(reverse("admin:moderation_rule_add")).content.decode()


class TestTheFields:
    def test_have_a_kind_that_needs_them_wherever_they_are_settings_of_a_kind(self):
        assert set(OPTION_FIELDS) | {"words", "channels"} <= set(kinds_by_field())
        assert all(kinds_by_field().values())

    def test_stand_in_the_form_wherever_a_kind_names_them(self):
        named = {field for kind in KINDS.values() for field in kind.fields}

        assert named - set(RuleForm().fields) == set()

    def test_are_all_there_for_who_may_only_look(self, client):
        user = make_user(is_staff=True)
        user.user_permissions.set(Permission.objects.filter(codename="view_rule"))
        client.force_login(user)

        page = client.get(reverse("admin:moderation_rule_change", args=[Rule.objects.get(slug="slurs").pk]))

        assert page.status_code == 200
        assert all(condition.startswith("typeof ") for condition in conditional_fields().values())

    def test_are_on_the_page_with_their_conditions_and_hidden_by_nothing_else(self, form_page):
        assert 'x-show="typeof kind === &#x27;undefined&#x27; || [&#x27;phrase&#x27;].includes(kind)"' in form_page
        assert 'name="max_gap_chars"' in form_page
        assert 'name="threshold_unsafe"' in form_page
        assert "x-cloak" not in form_page.split('id="rule_form"')[1].split("</form>")[0]

    def test_tell_the_script_which_fields_there_are(self, form_page):
        declared = form_page.split("x-data='{")[1].split("}'")[0]

        assert {"kind", "action", "channels"} <= set(json.loads("{" + declared + "}"))


class TestTheSentences:
    def test_say_what_to_write_for_every_kind_with_entries(self, form_page):
        assert set(ENTRY_HELP) == {name for name, kind in KINDS.items() if kind.has_entries}
        assert "RE2" in form_page
        assert "subdomains included" in form_page

    def test_say_of_every_channel_what_it_sees_and_costs(self):
        assert set(CHANNEL_HINTS) == set(Channel)

    def test_say_of_the_stage_of_attachments_that_nothing_is_judged_there(self, form_page):
        assert "attachment · judges nothing yet" in form_page

    def test_are_there_in_chinese(self):
        sentences = (*ENTRY_HELP.values(), *CHANNEL_HINTS.values(), *STAGE_HINTS.values())
        with translation.override("zh-hans"):
            shown = [str(sentence) for sentence in sentences]
        with translation.override("en"):
            english = [str(sentence) for sentence in sentences]

        assert [sentence for sentence in shown if sentence in english] == []
