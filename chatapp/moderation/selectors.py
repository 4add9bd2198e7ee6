"""Reads rules, their histories and rulesets. Web and workers ask for the ruleset in force at every turn: one query."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Permission
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.errors import RulesetMissing, RuleUnusable
from chatapp.moderation.following import follower
from chatapp.moderation.judging.detecting import Channel
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.rule_options import RuleOptions
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, RuleKind, RuleState, Stage
from chatapp.moderation.life_cycle import ACTIONS_WITH_APPROVAL, SEVERITIES_WITH_APPROVAL
from chatapp.moderation.loading import RulesetKey, key_newest, ruleset_load
from chatapp.moderation.revision_diff import FieldChange, revision_diff
from chatapp.moderation.snapshot import rule_snapshot, snapshot_apply


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
    return Ruleset.from_published_json(payload).rules


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
        notices=_by_language(row.notice_en, row.notice_zh_hans),
        replacement=row.replacement,
        kind=RuleKind(row.kind),
        channels=frozenset(map(Channel, row.channels)) if row.kind == RuleKind.KEYWORD else frozenset({Channel.STRICT}),
        options=RuleOptions.from_json(row.options),
        safe_completions=_by_language(row.safe_completion_en, row.safe_completion_zh_hans),
    )


def _by_language(english: str, chinese: str) -> dict[str, str]:
    return {language: text for language, text in (("en", english), ("zh-hans", chinese)) if text}


def lines(text: str) -> tuple[str, ...]:
    """One phrase a line, as people type them: blank lines and spaces around do not count."""
    return tuple(stripped for line in text.splitlines() if (stripped := line.strip()))
