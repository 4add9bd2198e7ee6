"""Reads rulesets and what the next one will hold. Web and workers ask for the one in force at every turn: one query."""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache

from django.conf import settings
from django.utils.translation import gettext as _

from chatapp.moderation import models
from chatapp.moderation.errors import RulesetMissing, RuleUnusable
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.following import follower
from chatapp.moderation.publishing.loading import RulesetKey, key_newest, ruleset_load
from chatapp.moderation.rules.published import rule_as_published


def ruleset_current() -> Ruleset:
    """
    The ruleset that judges what begins now: the newest, or for less than two seconds the one before.

    :raises RulesetMissing: when none ever was published.
    """
    key = key_newest()
    if key is None:
        raise RulesetMissing(_("No ruleset is published, so nothing can be judged."))
    return follower().current(key) if settings.MODERATION_FOLLOW_RULESETS else ruleset_load(key)


def ruleset_get(*, version: int) -> Ruleset:
    """:raises RulesetMissing: when there is no such version."""
    return ruleset_load(_key(version))


def ruleset_rules(*, version: int | None = None) -> tuple[Rule, ...]:
    """
    The rules of a version, or of the newest, to read and compare: nothing is compiled. Empty if none was published.

    :raises RulesetMissing: when there is no such version.
    :raises RuleUnusable: if this version of the product cannot read it.
    """
    key = key_newest() if version is None else _key(version)
    try:
        return _rules(key) if key else ()
    except RulesetInvalid as error:
        sentence = _("Ruleset %(version)d holds something that this release does not know.")
        raise RuleUnusable(sentence % {"version": key.version if key else 0}, reason=str(error)) from error


def _key(version: int) -> RulesetKey:
    sha256 = models.Ruleset.objects.filter(version=version).values_list("sha256", flat=True).first()
    if sha256 is None:
        raise RulesetMissing(_("There is no ruleset with this version."), version=version)
    return RulesetKey(version, sha256)


@lru_cache(maxsize=4)
def _rules(key: RulesetKey) -> tuple[Rule, ...]:
    payload = models.Ruleset.objects.values_list("payload", flat=True).get(version=key.version, sha256=key.sha256)
    return Ruleset.from_published_json(payload, offer=offer_current()).rules


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
    return Ruleset(version=0, rules=tuple(rules), offer=offer_current())
