"""Writes rules and their histories, approves, publishes and restores rulesets; judges what a person sends."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.core.errors import DomainError
from chatapp.moderation import choices, models
from chatapp.moderation.advice import advice_on
from chatapp.moderation.errors import (
    AlreadyApproved,
    ApprovalByAuthor,
    ApprovalMissing,
    ApprovalNotNeeded,
    ApprovalNotPermitted,
    JudgeAlone,
    OverrideNotPermitted,
    PublishAdvisedAgainst,
    PublishReasonMissing,
    RuleMoveIllegal,
    RuleReasonMissing,
    RuleRevisionMissing,
    RuleRevisionOutdated,
    RulesChangedMeanwhile,
    RulesetUnchanged,
    RuleUnusable,
)
from chatapp.moderation.judging.rulesets.rule import Rule, rule_problems
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.life_cycle import may_move, needs_approval, needs_reason
from chatapp.moderation.queue import build_send
from chatapp.moderation.ruleset_problems import lone_judges
from chatapp.moderation.selectors import (
    publishing_digest,
    rule_list_in_force,
    rule_revision_get,
    rules_waiting,
    ruleset_rules,
)
from chatapp.moderation.snapshot import rule_snapshot, snapshot_apply

# Two people who publish at the same instant: the second takes the next number.
_MAX_PUBLISH_COLLISIONS = 4


# --- rules -----------------------------------------------------------------------------------------------------------


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
    labels = dict(choices.RuleLifeCycle.choices)
    sentence = _("A rule that is “%(before)s” cannot become “%(after)s” at once.")
    return RuleMoveIllegal(
        sentence % {"before": labels[before], "after": labels[after]}, before=before.value, after=after.value
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


# --- rulesets --------------------------------------------------------------------------------------------------------


def ruleset_publish(
    *, author: User | None, reason: str, override_reason: str = "", shown_digest: str | None = None
) -> Ruleset:
    """
    Put all shadow and enforcing rules, as they are now, into force as the next version.

    shown_digest: `publishing_digest` of what the author has read; None publishes whatever there is.
    override_reason: why an administrator publishes in spite of what speaks against it; it stands on the ruleset.
    :raises PublishReasonMissing, RuleUnusable, JudgeAlone, RulesetUnchanged:
    :raises RulesChangedMeanwhile: if it is something else by now.
    :raises ApprovalMissing, PublishAdvisedAgainst: without an override.
    :raises OverrideNotPermitted: with one, by somebody who may not.
    """
    _publish_reason_check(reason)

    def publish() -> Ruleset:
        newest = _newest_version()  # before the rules: who publishes in between takes the number, and we begin again
        before, rules = ruleset_rules(), tuple(rule_list_in_force())
        _shown_check(before, rules, shown_digest)
        for rule in rules:
            _usable_check(rule)
        _judges_check(rules)
        overridden = _hurdles_check(before, rules, author=author, override_reason=override_reason.strip())
        return _version_store(
            newest + 1,
            rules,
            before,
            author=author,
            reason=reason,
            override_reason=override_reason.strip() if overridden else "",
            overridden=overridden,
            restored_version=None,
        )

    return _again_after_collision(publish)


def ruleset_restore(*, version: int, author: User, reason: str, shown_digest: str | None = None) -> Ruleset:
    """
    Put exactly the rules of an earlier version into force as the next one. The rules that people edit stay as they are.

    They were approved when that version was published, so they need nobody now, and no dry run is asked about: they
    judged real conversations already, and who rolls back does so because today's rules do harm at this moment.
    shown_digest: as for publishing.
    :raises PublishReasonMissing, RulesetMissing, RuleUnusable, RulesetUnchanged:
    :raises RulesChangedMeanwhile: if other rules are in force by now than the author has read of.
    """
    _publish_reason_check(reason)

    def publish() -> Ruleset:
        newest = _newest_version()
        before, rules = ruleset_rules(), ruleset_rules(version=version)
        _shown_check(before, rules, shown_digest)
        return _version_store(
            newest + 1,
            rules,
            before,
            author=author,
            reason=reason,
            override_reason="",
            overridden=[],
            restored_version=version,
        )

    return _again_after_collision(publish)


def _shown_check(before: Sequence[Rule], rules: Sequence[Rule], shown_digest: str | None) -> None:
    if shown_digest not in {None, publishing_digest(before, rules)}:
        raise RulesChangedMeanwhile(
            _("Rules were changed since this page was shown. Read what will change now, then publish.")
        )


def _publish_reason_check(reason: str) -> None:
    if not reason.strip():
        raise PublishReasonMissing(_("Say why you publish: others read it in the list of rulesets."))


def _newest_version() -> int:
    return models.Ruleset.objects.order_by("-version").values_list("version", flat=True).first() or 0


def _again_after_collision(publish: Callable[[], Ruleset]) -> Ruleset:
    for _attempt in range(_MAX_PUBLISH_COLLISIONS):
        with suppress(IntegrityError):
            return publish()
    return publish()


def _hurdles_check(
    in_force: Sequence[Rule], rules: Sequence[Rule], *, author: User | None, override_reason: str
) -> list[choices.Hurdle]:
    """Returns what the override was needed for."""
    refusals: list[tuple[choices.Hurdle, DomainError]] = []
    if waiting := list(rules_waiting(in_force=in_force).values_list("slug", flat=True)):
        sentence = _("These rules wait for the approval of a second person: %(rules)s.")
        missing = ApprovalMissing(sentence % {"rules": ", ".join(waiting)}, rules=waiting)
        refusals.append((choices.Hurdle.APPROVAL, missing))
    refusals += [
        (choices.Hurdle.ADVICE, PublishAdvisedAgainst(advice.sentence))
        for advice in advice_on(rules)
        if advice.is_hurdle
    ]
    if refusals and not override_reason:
        raise refusals[0][1]
    if refusals and (author is None or not author.is_superuser):
        raise OverrideNotPermitted(_("Only an administrator may publish in spite of that."))
    return list(dict.fromkeys(hurdle for hurdle, _refusal in refusals))


def _version_store(
    version: int,
    rules: tuple[Rule, ...],
    before: tuple[Rule, ...],
    *,
    author: User | None,
    reason: str,
    override_reason: str,
    overridden: Sequence[choices.Hurdle],
    restored_version: int | None,
) -> Ruleset:
    """:raises IntegrityError: if another took the number."""
    if version > 1 and rules == before:
        raise RulesetUnchanged(_("Nothing has changed since the last ruleset."), version=version - 1)
    ruleset = Ruleset(version=version, rules=rules)
    payload = ruleset.to_json()
    with transaction.atomic():  # this one row alone: while it is written, nobody else writes on SQLite
        models.Ruleset.objects.create(
            version=version,
            payload=payload,
            sha256=hashlib.sha256(payload.encode()).hexdigest(),
            reason=reason.strip(),
            published_by=author,
            published_at=clock.now(),
            restored_version=restored_version,
            override_reason=override_reason,
            overridden=[hurdle.value for hurdle in overridden],
        )
        transaction.on_commit(build_send)
    return ruleset


def _usable_check(rule: Rule) -> None:
    problems = list(rule_problems(rule))
    if problems:
        raise RuleUnusable(
            _("The rule “%(rule)s” cannot be published. Open it and save it: the form says why.") % {"rule": rule.id},
            rule=rule.id,
            problems=[problem.code for problem in problems],
        )


def _judges_check(rules: Sequence[Rule]) -> None:
    alone = list(lone_judges(rules))
    if not alone:
        return
    labels = dict(choices.RuleStage.choices)
    stages = list(dict.fromkeys(one.stage for one in alone))
    names = sorted({one.rule_id for one in alone})
    sentence = _(
        "Nothing but a judge withholds at these stages: %(stages)s. A judge can be talked round, so it is never the "
        "only gate: let a rule of another kind enforce there too, or let %(rules)s only flag or warn."
    )
    raise JudgeAlone(
        sentence % {"stages": ", ".join(str(labels[stage]) for stage in stages), "rules": ", ".join(names)},
        rules=names,
        stages=[stage.value for stage in stages],
    )
