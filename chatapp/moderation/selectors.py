"""Reads rules and rulesets. Web and workers ask for the ruleset in force at every turn: one indexed query."""

from functools import lru_cache

from django.utils.translation import gettext as _

from chatapp.moderation import models
from chatapp.moderation.errors import RulesetMissing
from chatapp.moderation.rule import Rule
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import Action, RuleState, Stage

# Streams keep the ruleset they began with; more than a few at a time are only there while someone publishes often.
_MAX_REMEMBERED_RULESETS = 8


def ruleset_current() -> Ruleset:
    """
    The ruleset in force. Built again only when another was published.

    :raises RulesetMissing: when none ever was.
    """
    newest = models.Ruleset.objects.order_by("-version").values_list("version", "sha256").first()
    if newest is None:
        raise RulesetMissing(_("No ruleset is published, so nothing can be judged."))
    return _ruleset(*newest)


def ruleset_get(*, version: int) -> Ruleset:
    """:raises RulesetMissing: when there is no such version."""
    sha256 = models.Ruleset.objects.filter(version=version).values_list("sha256", flat=True).first()
    if sha256 is None:
        raise RulesetMissing(_("There is no ruleset with this version."), version=version)
    return _ruleset(version, sha256)


@lru_cache(maxsize=_MAX_REMEMBERED_RULESETS)
def _ruleset(version: int, sha256: str) -> Ruleset:
    """The digest is part of the key: a test's database gives the same version to another ruleset."""
    return Ruleset.from_json(models.Ruleset.objects.get(version=version, sha256=sha256).payload)


def rule_list_in_force() -> list[Rule]:
    """The rules that the next ruleset will hold, as they are now, by name."""
    return [rule_as_published(row) for row in models.Rule.objects.filter(state__in=["shadow", "enforcing"])]


def ruleset_edited() -> Ruleset:
    """What people work on, to try it: drafts act as shadow rules. Version 0 is never published."""
    rules = []
    for row in models.Rule.objects.exclude(state=RuleState.RETIRED):
        row.state = RuleState.SHADOW if row.state == RuleState.DRAFT else row.state
        rules.append(rule_as_published(row))
    return Ruleset(version=0, rules=tuple(rules))


def rule_as_published(row: models.Rule) -> Rule:
    """The row as a value; it may have problems that `rule_problems` tells."""
    return Rule(
        id=row.slug,
        revision=row.revision,
        category=row.category,
        severity=row.severity,
        action=Action(row.action),
        state=RuleState(row.state),
        stages=frozenset(map(Stage, row.stages)),
        words=lines(row.words),
        allow=lines(row.allow_phrases),
        notices={
            language: notice for language, notice in (("en", row.notice_en), ("zh-hans", row.notice_zh_hans)) if notice
        },
        replacement=row.replacement,
    )


def lines(text: str) -> tuple[str, ...]:
    """One phrase a line, as people type them: blank lines and spaces around do not count."""
    return tuple(stripped for line in text.splitlines() if (stripped := line.strip()))
