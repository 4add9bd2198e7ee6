"""Which rules and which messages a dry run asks about. Reads both; judges nothing."""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from chatapp.conversations.models import Message, MessageRole
from chatapp.core.ids import uuid7_floor
from chatapp.moderation import models
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import RuleState, Stage
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.selectors import rule_list_in_force
from chatapp.moderation.rules.published import rule_as_published
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.errors import DryRunRulesUnusable

STAGE_OF = {MessageRole.USER: Stage.INPUT, MessageRole.ASSISTANT: Stage.OUTPUT}


def rules_asked(*, scope: DryRunScope, rule_slug: str = "") -> tuple[Rule, ...]:
    """
    The rules as they are now.

    :raises DryRunRulesUnusable: if there are none, or one could not be published.
    """
    rules = tuple(_rules(scope, rule_slug))
    if not rules:
        raise DryRunRulesUnusable(_("There is no such rule to run."))
    for rule in rules:
        if problems := [problem.code for problem in rule_problems(rule, offer=offer_current())]:
            sentence = _("The rule “%(rule)s” cannot run as it is. Open it and save it: the form says why.")
            raise DryRunRulesUnusable(sentence % {"rule": rule.id}, rule=rule.id, problems=problems)
    return rules


def _rules(scope: DryRunScope, rule_slug: str) -> Iterable[Rule]:
    match scope:
        case DryRunScope.NEXT:
            return rule_list_in_force()
        case DryRunScope.EDITED:
            rows = models.Rule.objects.exclude(state=RuleState.RETIRED)
            return [_if_enforcing(row) if row.state == RuleState.DRAFT else rule_as_published(row) for row in rows]
        case DryRunScope.RULE:
            return [_if_enforcing(row) for row in models.Rule.objects.filter(slug=rule_slug)]


def _if_enforcing(row: models.Rule) -> Rule:
    row.state = RuleState.ENFORCING
    return rule_as_published(row)


def rules_digest(rules: Iterable[Rule]) -> str:
    """Equal for rules that judge alike. Revisions do not count: a draft that is only moved stays what was run."""
    alike = sorted((replace(rule, revision=0) for rule in rules), key=lambda rule: rule.id)
    return hashlib.sha256(Ruleset(0, tuple(alike)).to_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Messages with after_id < id <= until_id. Both None: there are none."""

    after_id: UUID | None
    until_id: UUID | None


def message_bounds(*, num_days: int | None, max_messages: int | None, now: datetime) -> Bounds:
    """Of the last days, and of those the newest; what is written from now on is not among them."""
    messages = _judgeable()
    newest = messages.order_by("-id").values_list("id", flat=True).first()
    starts = [uuid7_floor(now - timedelta(days=num_days))] if num_days else []
    if max_messages:
        starts += messages.order_by("-id").values_list("id", flat=True)[max_messages : max_messages + 1]
    return Bounds(max(starts, default=None), newest)


def messages_within(bounds: Bounds) -> QuerySet[Message]:
    if bounds.until_id is None:
        return Message.objects.none()
    messages = _judgeable().filter(id__lte=bounds.until_id)
    return messages.filter(id__gt=bounds.after_id) if bounds.after_id else messages


def messages_next(*, after_id: UUID | None, until_id: UUID | None, limit: int) -> Sequence[tuple[UUID, str, str]]:
    """At most `limit` of them as (id, role, text), in the order of ids."""
    rows = messages_within(Bounds(after_id, until_id)).order_by("id").values_list("id", "role", "text")[:limit]
    return [(message_id, role, text or "") for message_id, role, text in rows]


def _judgeable() -> QuerySet[Message]:
    """What is still to be read: neither under way nor erased."""
    return Message.objects.filter(text__isnull=False)
