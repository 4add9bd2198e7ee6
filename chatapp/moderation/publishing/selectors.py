"""Reads what rulesets hold, and what the next one will, to look at and compare: nothing is compiled."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache

from django.utils.translation import gettext as _

from chatapp.moderation import models
from chatapp.moderation.errors import RuleUnusable
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.publishing.versions import RulesetKey, key_newest, key_of, payload_of
from chatapp.moderation.rules.published import rule_as_published


def ruleset_rules(*, version: int | None = None) -> tuple[Rule, ...]:
    """
    The rules of a version, or of the newest, to read and compare. Empty if none was published.

    :raises RulesetMissing: when there is no such version.
    :raises RuleUnusable: if this version of the product cannot read it.
    """
    key = key_newest() if version is None else key_of(version)
    try:
        return _rules(key) if key else ()
    except RulesetInvalid as error:
        sentence = _("Ruleset %(version)d holds something that this release does not know.")
        raise RuleUnusable(sentence % {"version": key.version if key else 0}, reason=str(error)) from error


@lru_cache(maxsize=4)
def _rules(key: RulesetKey) -> tuple[Rule, ...]:
    return Ruleset.from_json(payload_of(key)).rules


def rule_list_in_force() -> list[Rule]:
    """The rules that the next ruleset will hold, as they are now, by name."""
    return [rule_as_published(row) for row in models.Rule.objects.filter(state__in=["shadow", "enforcing"])]


def publishing_digest(before: Iterable[Rule], rules: Iterable[Rule]) -> str:
    """Names what a person reads before they publish: the rules in force and those that would be, by revision."""
    read = [[(rule.id, rule.revision, rule.state) for rule in some] for some in (before, rules)]
    return hashlib.sha256(json.dumps(read).encode()).hexdigest()


def ruleset_edited() -> Ruleset:
    """What people work on, to try it: drafts act as shadow rules. Version 0 is never published."""
    rules = []
    for row in models.Rule.objects.exclude(state=RuleState.RETIRED):
        row.state = RuleState.SHADOW if row.state == RuleState.DRAFT else row.state
        rules.append(rule_as_published(row))
    return Ruleset(version=0, rules=tuple(rules))
