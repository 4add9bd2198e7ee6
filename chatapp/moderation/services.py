"""Writes rules and publishes rulesets; judges what a person sends."""

import hashlib
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.moderation import models
from chatapp.moderation.errors import PublishReasonMissing, RulesetUnchanged, RuleUnusable
from chatapp.moderation.gate import judge
from chatapp.moderation.rule import Rule, rule_problems
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.selectors import rule_list_in_force, ruleset_current
from chatapp.moderation.verdict import Stage, Verdict

# Two people who publish at the same instant: the second takes the next number.
_MAX_PUBLISH_COLLISIONS = 4


def text_judge(*, text: str, stage: Stage) -> Verdict:
    """
    What a person sends, before anything is stored. Opens no transaction.

    :raises RulesetMissing: when nothing is published: then nothing may pass.
    """
    return judge(ruleset_current(), text, stage)


def rule_create(*, rule: models.Rule, author: User) -> None:
    """Store a new rule. Nothing is enforced by that: publish."""
    rule.author, rule.updated_at, rule.revision = author, clock.now(), 1
    rule.save(force_insert=True)


def rule_update(*, rule: models.Rule, author: User) -> None:
    """Store a changed rule as its next revision. Nothing is enforced by that: publish."""
    rule.author, rule.updated_at = author, clock.now()
    rule.revision = F("revision") + 1
    rule.save(force_update=True)
    rule.refresh_from_db(fields=["revision"])


def ruleset_publish(*, author: User | None, reason: str) -> Ruleset:
    """
    Put all shadow and enforcing rules, as they are now, into force as the next version.

    :raises PublishReasonMissing, RuleUnusable, RulesetUnchanged:
    """
    if not reason.strip():
        raise PublishReasonMissing(_("Say why you publish: others read it in the list of rulesets."))
    for _attempt in range(_MAX_PUBLISH_COLLISIONS):
        with suppress(IntegrityError):
            return _next_version_publish(author=author, reason=reason.strip())
    return _next_version_publish(author=author, reason=reason.strip())


@transaction.atomic
def _next_version_publish(*, author: User | None, reason: str) -> Ruleset:
    rules = tuple(rule_list_in_force())
    for rule in rules:
        _usable_check(rule)
    newest = models.Ruleset.objects.order_by("-version").first()
    if newest is not None and Ruleset.from_json(newest.payload).rules == rules:
        raise RulesetUnchanged(_("Nothing has changed since the last ruleset."), version=newest.version)
    ruleset = Ruleset(version=newest.version + 1 if newest else 1, rules=rules)
    payload = ruleset.to_json()
    models.Ruleset.objects.create(
        version=ruleset.version,
        payload=payload,
        sha256=hashlib.sha256(payload.encode()).hexdigest(),
        reason=reason,
        published_by=author,
        published_at=clock.now(),
    )
    return ruleset


def _usable_check(rule: Rule) -> None:
    problems = list(rule_problems(rule))
    if problems:
        raise RuleUnusable(
            _("The rule “%(rule)s” cannot be published. Open it and save it: the form says why.") % {"rule": rule.id},
            rule=rule.id,
            problems=[problem.code for problem in problems],
        )
