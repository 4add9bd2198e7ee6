"""Rows hold nothing that was withheld, but as encrypted evidence."""

import pytest
from django.apps import apps

from chatapp.conversations.models import Message
from chatapp.review.models import Decision, Evidence
from tests.generations.exits.aftermath import WITHHELD, withheld_in

pytestmark = [pytest.mark.django_db(transaction=True)]


class TestTheAftermath:
    def test_shows_what_was_not_withheld(self, after):
        masked = Message.objects.get(id=after.masked_turn.message_id)
        blocked = Message.objects.get(id=after.blocked_turn.message_id)
        after.conversation.refresh_from_db()

        assert (masked.state, masked.text) == ("visible", "The code is ████████, done.")
        assert (blocked.state, blocked.text) == ("withheld", "Here is the key: ")
        assert after.conversation.title == "About ████████"
        assert Decision.objects.count() == len(WITHHELD)


class TestRows:
    def test_hold_nothing_that_was_withheld_but_encrypted_evidence(self, after):
        rows = [str(row) for model in apps.get_models() for row in model._default_manager.values_list()]

        assert any("The code is " in row for row in rows)
        assert Evidence.objects.count() == len(WITHHELD)
        assert withheld_in(*rows) == []
