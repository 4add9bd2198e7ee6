"""Publishes and restores rulesets. Edits no rule and judges nothing."""

import hashlib
from collections.abc import Callable, Sequence
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.core.errors import DomainError
from chatapp.core.sending import task_send_after_commit
from chatapp.moderation import choices, models
from chatapp.moderation.choices import STAGE_LABELS
from chatapp.moderation.errors import (
    ApprovalMissing,
    JudgeAlone,
    OverrideNotPermitted,
    PublishAdvisedAgainst,
    PublishReasonMissing,
    RulesChangedMeanwhile,
    RulesetUnchanged,
    RuleUnusable,
)
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.advice import advice_on
from chatapp.moderation.publishing.ruleset_problems import lone_judges
from chatapp.moderation.publishing.selectors import publishing_digest, rule_list_in_force, ruleset_rules
from chatapp.moderation.rules.selectors import rules_waiting
from chatapp.task_table import RULESET_BUILD

# Two people who publish at the same instant: the second takes the next number.
_MAX_PUBLISH_COLLISIONS = 4


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
        # Lost or late, processes compile for themselves.
        task_send_after_commit(RULESET_BUILD.name)
    return ruleset


def _usable_check(rule: Rule) -> None:
    problems = list(rule_problems(rule, offer=offer_current()))
    if problems:
        raise RuleUnusable(
            _("The rule “%(rule)s” cannot be published. Open it and save it: the form says why.") % {"rule": rule.id},
            rule=rule.id,
            problems=[problem.code for problem in problems],
        )


def _judges_check(rules: Sequence[Rule]) -> None:
    alone = list(lone_judges(rules, kinds=offer_current().kinds))
    if not alone:
        return
    stages = list(dict.fromkeys(one.stage for one in alone))
    names = sorted({one.rule_id for one in alone})
    sentence = _(
        "Nothing but a judge withholds at these stages: %(stages)s. A judge can be talked round, so it is never the "
        "only gate: let a rule of another kind enforce there too, or let %(rules)s only flag or warn."
    )
    raise JudgeAlone(
        sentence % {"stages": ", ".join(str(STAGE_LABELS[stage]) for stage in stages), "rules": ", ".join(names)},
        rules=names,
        stages=[stage.value for stage in stages],
    )
