"""Who looks at the pages of rules, and a rule that waits for a second person."""

import pytest
from django.test import Client

from chatapp.accounts.models import User
from chatapp.moderation.models import Rule
from chatapp.moderation.rules.services import rule_create, rule_update
from tests.support.factories import make_staff, signed_in


@pytest.fixture
def moderator(client: Client) -> User:
    return signed_in(client, "moderator")


@pytest.fixture
def grave_rule() -> Rule:
    """Somebody else's, waiting; in its second revision."""
    author = make_staff("moderator")
    rule = Rule(slug="spells", category="other", severity=3, action="block", stages=["input"], words="xyzzy spell")
    rule_create(rule=rule, author=author)
    rule.words, rule.state = "xyzzy spell\nplugh spell", "enforcing"
    rule_update(rule=rule, author=author, reason="a wave of <spells>")
    return rule
