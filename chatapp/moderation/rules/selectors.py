"""Reads rules' histories, and which rules wait for a second person. Knows no ruleset but as a value."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.rules.life_cycle import ACTIONS_WITH_APPROVAL, SEVERITIES_WITH_APPROVAL
from chatapp.moderation.rules.revision_diff import FieldChange, revision_diff
from chatapp.moderation.rules.snapshot import rule_snapshot, snapshot_apply


def rules_waiting(*, in_force: Iterable[Rule]) -> QuerySet[models.Rule]:
    """
    The rules that need a second person (`needs_approval`) and that nobody approved as they are.

    None where one person keeps the rules.
    in_force: the newest ruleset's; what is there in this very revision needs nobody to stay there.
    """
    if not settings.MODERATION_SECOND_APPROVAL:
        return models.Rule.objects.none()
    needing = models.Rule.objects.filter(
        state=RuleState.ENFORCING, action__in=ACTIONS_WITH_APPROVAL, severity__in=SEVERITIES_WITH_APPROVAL
    )
    there = {rule.id: rule.revision for rule in in_force if rule.enforced}
    approved = models.RuleApproval.objects.filter(revision__rule__in=needing).values_list(
        "revision__rule_id", "revision__number"
    )
    settled = frozenset(approved)
    waiting = [
        rule_id
        for rule_id, slug, revision in needing.values_list("id", "slug", "revision")
        if there.get(slug) != revision and (rule_id, revision) not in settled
    ]
    return models.Rule.objects.filter(id__in=waiting)


def approver_exists(*, besides_id: UUID | None) -> bool:
    """Whether anybody but this author could approve what they wrote."""
    right = Permission.objects.filter(codename="approve_rule", content_type__app_label="moderation")
    people = User.objects.filter(
        Q(is_superuser=True) | Q(groups__permissions__in=right) | Q(user_permissions__in=right),
        is_active=True,
        is_staff=True,
    )
    return people.exclude(id__in=[besides_id] if besides_id else []).exists()


@dataclass(frozen=True, slots=True)
class RevisionRead:
    """One revision as people read it: with what it changed. changes: empty for the first."""

    revision: models.RuleRevision
    changes: tuple[FieldChange, ...]

    @property
    def approval(self) -> models.RuleApproval | None:
        return getattr(self.revision, "approval", None)


def rule_history(*, rule_id: UUID) -> list[RevisionRead]:
    """Newest first."""
    revisions = list(_revisions(rule_id).order_by("-number"))
    snapshots = [snapshot_completed(revision) for revision in revisions]
    changes = [revision_diff(before, after) for after, before in pairwise(snapshots)]
    return [RevisionRead(*read) for read in zip(revisions, [*changes, ()], strict=True)] if revisions else []


def rule_revision_get(*, rule_id: UUID, number: int) -> models.RuleRevision | None:
    return _revisions(rule_id).filter(number=number).first()


def _revisions(rule_id: UUID) -> QuerySet[models.RuleRevision]:
    return models.RuleRevision.objects.filter(rule_id=rule_id).select_related("author", "approval__approver")


def snapshot_completed(revision: models.RuleRevision) -> Mapping[str, object]:
    """With the defaults of fields that rules did not have yet when it was written."""
    row = models.Rule()
    snapshot_apply(row, revision.snapshot)
    return rule_snapshot(row)
