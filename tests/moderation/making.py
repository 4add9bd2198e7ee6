"""Rules as rows, for the tests of what people do with them."""

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.rules.services import rule_create


def make_rule(author: User, **fields: object) -> models.Rule:
    """Stored; enforces a grave block unless told otherwise."""
    about = {"slug": "spells", "category": "other", "severity": 3, "action": "block", "state": "enforcing"}
    rule = models.Rule(**{**about, "stages": ["input"], "words": "xyzzy spell", **fields})
    rule_create(rule=rule, author=author, reason="spells hurt")
    return rule
