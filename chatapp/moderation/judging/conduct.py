"""
When a person's conduct makes further turns wait: too many hits within a window. Pure; knows no database and no turn.

A verdict with several matches is one hit. The pause ends by itself, when the oldest hit that is one too many has left
the window.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple

from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Action, Match, RuleKind


class Hit(NamedTuple):
    """An enforced match on record: when, what about, and where."""

    at: datetime
    category: str
    stage: str


def conduct_rules(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    return tuple(rule for rule in rules if rule.kind is RuleKind.CONDUCT)


def longest_window(rules: Iterable[Rule]) -> timedelta:
    return timedelta(seconds=max((rule.options.window_s for rule in rules), default=0))


def paused_until(rule: Rule, hits: Iterable[Hit], *, now: datetime) -> datetime | None:
    """Until when further turns wait, or None if they need not."""
    window = timedelta(seconds=rule.options.window_s)
    categories = frozenset(rule.options.categories)
    counted = {
        hit.at
        for hit in hits
        if now - window < hit.at <= now and hit.stage in rule.stages and (not categories or hit.category in categories)
    }
    if len(counted) < rule.options.num_hits:
        return None
    return sorted(counted)[-rule.options.num_hits] + window


def conduct_match(rule: Rule) -> Match:
    """What goes on record. It is about no characters; the row has to name one."""
    return Match(rule.id, rule.revision, rule.category, rule.severity, Action.THROTTLE, rule.enforced, 0, 1)
