"""Asks for dry runs and calls them off. `running.py` does what was asked."""

from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.core.sending import task_send_after_commit
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.publishing.versions import key_newest
from chatapp.review.dry_runs.models import UNFINISHED_STATES, DryRun, DryRunScope, DryRunState
from chatapp.review.dry_runs.scope import message_bounds, messages_within, rules_asked, rules_digest
from chatapp.review.errors import DryRunForbidden, DryRunNothingToCancel, DryRunUnlimited
from chatapp.task_table import DRY_RUN

DEFAULT_DAYS = 30


def dry_run_start(
    *,
    author: User,
    scope: DryRunScope,
    rule_slug: str = "",
    num_days: int | None = DEFAULT_DAYS,
    max_messages: int | None = None,
) -> DryRun:
    """
    Ask what rules, as they are now, would have done to the messages of the last days, or to the newest, or both.

    :raises DryRunForbidden: without the right to run rules.
    :raises DryRunUnlimited: without days and without a number.
    :raises DryRunRulesUnusable: if one of them could not be published.
    """
    _permission_check(author)
    if not (num_days or max_messages):
        raise DryRunUnlimited(_("Say how many days or how many messages."))
    rules = rules_asked(scope=scope, rule_slug=rule_slug)
    now = clock.now()
    bounds = message_bounds(num_days=num_days, max_messages=max_messages, now=now)
    in_force = key_newest()
    with transaction.atomic():
        run = DryRun.objects.create(
            asked_by_id=author.id,
            asked_by_email=author.email,
            asked_at=now,
            scope=scope,
            rule_slug=rule_slug if scope is DryRunScope.RULE else "",
            rules=Ruleset(0, rules).to_json(),
            rules_digest=rules_digest(rules),
            ruleset_version=in_force.version if in_force else 0,
            num_days=num_days,
            after_id=bounds.after_id,
            until_id=bounds.until_id,
            num_messages=messages_within(bounds).count(),
        )
        task_send_after_commit(DRY_RUN.name)
    return run


def dry_run_cancel(*, dry_run_id: UUID, author: User) -> None:
    """
    Call a dry run off: at once if it waits, at its next chunk if it runs.

    :raises DryRunForbidden, DryRunNothingToCancel:
    """
    _permission_check(author)
    runs = DryRun.objects.filter(id=dry_run_id)
    if runs.filter(state=DryRunState.QUEUED).update(state=DryRunState.CANCELLED, finished_at=clock.now()):
        return
    if not runs.filter(state__in=UNFINISHED_STATES).update(is_cancel_asked=True):
        raise DryRunNothingToCancel(_("This dry run is over."))


def _permission_check(author: User) -> None:
    if not author.has_perm("review.run_dry_run"):
        raise DryRunForbidden(_("You may not run rules over past conversations."))
