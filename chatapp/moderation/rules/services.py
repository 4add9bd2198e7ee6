"""Writes rules, their histories and approvals. Nothing is enforced by that: publishing is `publishing/services`."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.moderation import models
from chatapp.moderation.choices import STATE_LABELS
from chatapp.moderation.errors import (
    AlreadyApproved,
    ApprovalByAuthor,
    ApprovalNotNeeded,
    ApprovalNotPermitted,
    RuleMoveIllegal,
    RuleReasonMissing,
    RuleRevisionMissing,
    RuleRevisionOutdated,
)
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.rules.life_cycle import may_move, needs_approval, needs_reason
from chatapp.moderation.rules.selectors import rule_revision_get
from chatapp.moderation.rules.snapshot import rule_snapshot, snapshot_apply


def rule_create(*, rule: models.Rule, author: User, reason: str = "") -> None:
    """
    Store a new rule and its first revision. Nothing is enforced by that: publish.

    :raises RuleReasonMissing: for a rule that is to be in force, without a reason.
    """
    _change_check(before=RuleState.DRAFT, after=RuleState(rule.state), reason=reason)
    rule.author, rule.updated_at, rule.revision = author, clock.now(), 1
    with transaction.atomic():
        rule.save(force_insert=True)
        _revision_keep(rule, reason)


def rule_update(*, rule: models.Rule, author: User, reason: str = "") -> None:
    """
    Store a changed rule as its next revision. Nothing is enforced by that: publish.

    rule.revision: the one that was changed; nobody's later change is written over.
    :raises RuleRevisionOutdated: if another is stored by now.
    :raises RuleMoveIllegal: if its new state cannot follow the stored one.
    :raises RuleReasonMissing: if the rule is, or is to be, in force.
    """
    with transaction.atomic():
        stored = models.Rule.objects.select_for_update().get(pk=rule.pk)
        _revision_check(stored, opened_revision=rule.revision)
        _change_check(before=RuleState(stored.state), after=RuleState(rule.state), reason=reason)
        rule.author, rule.updated_at, rule.revision = author, clock.now(), stored.revision + 1
        rule.save(force_update=True)
        _revision_keep(rule, reason)


def rule_move(
    *, rule_id: UUID, state: RuleState, author: User, reason: str, opened_revision: int | None = None
) -> models.Rule:
    """
    Change a rule's state and nothing else, as its next revision.

    opened_revision: what the author has read; None moves the rule whatever it is.
    :raises RuleRevisionOutdated, RuleMoveIllegal, RuleReasonMissing:
    """
    with transaction.atomic():
        rule = models.Rule.objects.select_for_update().get(pk=rule_id)
        _revision_check(rule, opened_revision=opened_revision)
        if rule.state == state:
            raise _move_illegal(RuleState(rule.state), state)
        rule.state = state
        rule_update(rule=rule, author=author, reason=reason)
    return rule


def rule_restore(
    *, rule_id: UUID, number: int, author: User, reason: str, opened_revision: int | None = None
) -> models.Rule:
    """
    Make an old revision's content the rule's next revision. The state stays: people move that.

    opened_revision: the newest that the author has read; None replaces the rule whatever it is.
    :raises RuleRevisionOutdated: if another is stored by now.
    :raises RuleRevisionMissing: if there is none with this number.
    :raises RuleReasonMissing: if the rule is in force.
    """
    revision = rule_revision_get(rule_id=rule_id, number=number)
    if revision is None:
        raise RuleRevisionMissing(_("The rule has no revision %(number)d.") % {"number": number})
    with transaction.atomic():
        rule = models.Rule.objects.select_for_update().get(pk=rule_id)
        _revision_check(rule, opened_revision=opened_revision)
        snapshot_apply(rule, {**revision.snapshot, "state": rule.state})
        rule_update(rule=rule, author=author, reason=reason)
    return rule


def _revision_check(stored: models.Rule, *, opened_revision: int | None) -> None:
    if opened_revision not in {None, stored.revision}:
        sentence = _("The rule was changed meanwhile and is revision %(number)d now. Nothing was stored.")
        raise RuleRevisionOutdated(sentence % {"number": stored.revision}, revision=stored.revision)


def _change_check(*, before: RuleState, after: RuleState, reason: str) -> None:
    if not may_move(before=before, after=after):
        raise _move_illegal(before, after)
    if needs_reason(before=before, after=after) and not reason.strip():
        raise RuleReasonMissing(_("Say why: the rule is in force, or is to be, and others read its history."))


def _move_illegal(before: RuleState, after: RuleState) -> RuleMoveIllegal:
    sentence = _("A rule that is “%(before)s” cannot become “%(after)s” at once.")
    return RuleMoveIllegal(
        sentence % {"before": STATE_LABELS[before], "after": STATE_LABELS[after]},
        before=before.value,
        after=after.value,
    )


def _revision_keep(rule: models.Rule, reason: str) -> None:
    models.RuleRevision.objects.create(
        rule=rule,
        number=rule.revision,
        snapshot=rule_snapshot(rule),
        reason=reason.strip(),
        author=rule.author,
        created_at=rule.updated_at,
    )


def rule_approve(*, rule_id: UUID, number: int, approver: User) -> None:
    """
    Stand by a revision as the second person. number: what the approver has read; only the newest can be approved.

    :raises ApprovalNotPermitted, ApprovalByAuthor, ApprovalNotNeeded, RuleRevisionOutdated, AlreadyApproved:
    """
    if not approver.has_perm("moderation.approve_rule"):
        raise ApprovalNotPermitted(_("You may not approve rules."))
    with transaction.atomic():
        rule = models.Rule.objects.select_for_update().get(pk=rule_id)
        if rule.revision != number:
            raise RuleRevisionOutdated(_("The rule was changed meanwhile. Read it again, then approve."))
        if not needs_approval(state=rule.state, action=rule.action, severity=rule.severity):
            raise ApprovalNotNeeded(_("This rule needs no second person."))
        revision = models.RuleRevision.objects.get(rule=rule, number=number)
        if revision.author_id == approver.pk:
            raise ApprovalByAuthor(_("You wrote this revision: another person has to approve it."))
        _approval, is_new = models.RuleApproval.objects.get_or_create(
            revision=revision, defaults={"approver": approver, "approved_at": clock.now()}
        )
    if not is_new:
        raise AlreadyApproved(_("This revision is approved already."))
