"""The pages of one rule: history, move, old revision, approval. Each makes one call and shows the result."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from chatapp.core.errors import DomainError
from chatapp.moderation.admin.forms import OptionalReasonForm, ReasonForm
from chatapp.moderation.admin.meanwhile import changed_meanwhile
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.choices import CHANNEL_LABELS, STAGE_LABELS, STATE_LABELS, choices_of
from chatapp.moderation.errors import RuleRevisionOutdated
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.models import Rule
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.moderation.rules.life_cycle import MOVES, needs_approval, needs_reason
from chatapp.moderation.rules.revision_diff import FieldChange, revision_diff
from chatapp.moderation.rules.selectors import (
    approver_exists,
    rule_history,
    rule_revision_get,
    rules_waiting,
    snapshot_completed,
)
from chatapp.moderation.rules.services import rule_approve, rule_move, rule_restore
from chatapp.moderation.rules.snapshot import content_fields, rule_snapshot

MAX_REVISION_DIGITS = 10  # the column's numbers are shorter

# What each move is called on its button, by the state it leads to.
MOVE_LABELS = {
    RuleState.DRAFT: gettext_lazy("Back to draft"),
    RuleState.SHADOW: gettext_lazy("Watch as shadow"),
    RuleState.ENFORCING: gettext_lazy("Enforce"),
    RuleState.RETIRED: gettext_lazy("Retire"),
}
# Of fields that hold a list.
_CHOICES_OF_ENTRIES = {"stages": choices_of(STAGE_LABELS), "channels": choices_of(CHANNEL_LABELS)}


def rule_standing(rule: Rule, *, user: Any) -> dict[str, Any]:
    """What stands above the form of a rule: where it may go, and whether it waits for somebody."""
    can_change = user.has_perm("moderation.change_rule")
    is_waiting = rules_waiting(in_force=ruleset_rules()).filter(id=rule.id).exists()
    return {
        "rule": rule,
        "moves": [(state.value, MOVE_LABELS[state]) for state in MOVES[RuleState(rule.state)]] if can_change else [],
        "is_waiting": is_waiting,
        "may_approve": is_waiting and user.has_perm("moderation.approve_rule") and rule.author_id != user.pk,
        "is_lonely": is_waiting and not approver_exists(besides_id=rule.author_id),
    }


def history_view(request: HttpRequest, rule_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """Every revision with its author, reason and what it changed."""
    user = permitted(request, "moderation.view_rule")
    rule = get_object_or_404(Rule, id=rule_id)
    about = {
        "title": _("History of %(rule)s") % {"rule": rule.slug},
        "rule": rule,
        "history": [
            {"read": read, "changes": labelled(read.changes), "is_newest": read.revision.number == rule.revision}
            for read in rule_history(rule_id=rule_id)
        ],
        "can_change": user.has_perm("moderation.change_rule"),
    }
    return page(request, model_admin, "moderation/rule_history", about)


def move_view(request: HttpRequest, rule_id: UUID, state: str, model_admin: ModelAdmin) -> HttpResponse:
    """What the move means, and why it is made."""
    user = permitted(request, "moderation.change_rule")
    rule = get_object_or_404(Rule, id=rule_id)
    if state not in STATE_LABELS:
        raise Http404
    after = RuleState(state)
    form = _reason_form(request, before=RuleState(rule.state), after=after)
    will_wait = settings.MODERATION_SECOND_APPROVAL and needs_approval(
        state=after, action=rule.action, severity=rule.severity
    )
    about = {
        "title": _("%(rule)s: %(move)s") % {"rule": rule.slug, "move": MOVE_LABELS[after]},
        "rule": rule,
        "form": form,
        "button": MOVE_LABELS[after],
        "state_before": rule.get_state_display(),
        "state_after": STATE_LABELS[state],
        "will_wait": will_wait,
        "is_lonely": will_wait and not approver_exists(besides_id=user.pk),
    }
    return _asked(
        request,
        model_admin,
        about,
        lambda reason, opened: rule_move(
            rule_id=rule.id, state=after, author=user, reason=reason, opened_revision=opened
        ),
    )


def restore_view(request: HttpRequest, rule_id: UUID, number: int, model_admin: ModelAdmin) -> HttpResponse:
    """What an old revision would change, and why it comes back."""
    user = permitted(request, "moderation.change_rule")
    rule = get_object_or_404(Rule, id=rule_id)
    revision = rule_revision_get(rule_id=rule_id, number=number)
    if revision is None:
        raise Http404
    state = RuleState(rule.state)
    content = {**snapshot_completed(revision), "state": rule.state}
    about = {
        "title": _("%(rule)s: bring back revision %(number)d") % {"rule": rule.slug, "number": number},
        "rule": rule,
        "form": _reason_form(request, before=state, after=state),
        "button": _("Bring back"),
        "changes": labelled(revision_diff(rule_snapshot(rule), content)),
        "is_restore": True,
    }
    return _asked(
        request,
        model_admin,
        about,
        lambda reason, opened: rule_restore(
            rule_id=rule.id, number=number, author=user, reason=reason, opened_revision=opened
        ),
    )


def approve_view(request: HttpRequest, rule_id: UUID, number: int, model_admin: ModelAdmin) -> HttpResponse:
    """The rule as it would be enforced and what its last change was; a POST approves."""
    user = permitted(request, "moderation.approve_rule")
    rule = get_object_or_404(Rule, id=rule_id)
    if request.method == "POST":
        try:
            rule_approve(rule_id=rule_id, number=number, approver=user)
        except DomainError as refusal:
            messages.error(request, refusal.message)
        else:
            messages.success(request, _("Approved. It takes effect when somebody publishes."))
        return redirect("admin:moderation_rule_change", object_id=rule.id)
    history = rule_history(rule_id=rule_id)
    newest = history[0]
    about = {
        "title": _("Approve %(rule)s") % {"rule": rule.slug},
        "rule": rule,
        "read": newest,
        "changes": labelled(newest.changes),
        "content": [(field.verbose_name, _display(rule, field.name)) for field in content_fields(Rule)],
        "is_author": newest.revision.author_id == user.pk,
        "is_lonely": not approver_exists(besides_id=newest.revision.author_id),
    }
    return page(request, model_admin, "moderation/rule_approve", about)


def labelled(changes: tuple[FieldChange, ...]) -> list[tuple[str, FieldChange]]:
    """Each change with the name that people know its field by, and its values as they read them."""
    fields = {field.name: field for field in content_fields(Rule)}
    return [(str(fields[change.field].verbose_name), _readable(change)) for change in changes]


def _readable(change: FieldChange) -> FieldChange:
    words = _words(change.field)
    return replace(
        change,
        before=words.get(change.before, change.before),
        after=words.get(change.after, change.after),
        added=tuple(words.get(entry, entry) for entry in change.added),
        removed=tuple(words.get(entry, entry) for entry in change.removed),
    )


def _words(name: str) -> dict[str, str]:
    """What each stored value of a field is called, if it has choices."""
    (field,) = (field for field in content_fields(Rule) if field.name == name)
    choices = _CHOICES_OF_ENTRIES.get(name, field.flatchoices)
    return {str(value): str(label) for value, label in choices}


def _display(rule: Rule, name: str) -> str:
    words, value = _words(name), getattr(rule, name)
    return ", ".join(words.get(str(entry), str(entry)) for entry in (value if isinstance(value, list) else [value]))


def _reason_form(request: HttpRequest, *, before: RuleState, after: RuleState) -> Form:
    form = ReasonForm if needs_reason(before=before, after=after) else OptionalReasonForm
    return form(request.POST if request.method == "POST" else None)


def _asked(
    request: HttpRequest,
    model_admin: ModelAdmin,
    about: Mapping[str, Any],
    change: Callable[[str, int], object],
) -> HttpResponse:
    """change: takes the reason and the revision that the person has read."""
    form, rule = about["form"], about["rule"]
    opened = _opened_revision(request, rule)
    if request.method == "POST" and form.is_valid():
        try:
            change(form.cleaned_data["reason"], opened)
        except RuleRevisionOutdated:
            rule.refresh_from_db()  # what the page shows from here on
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Stored. It takes effect when you publish."))
            return redirect("admin:moderation_rule_change", object_id=rule.id)
    return page(request, model_admin, "moderation/rule_change", {**about, "outdated": _outdated(rule, opened)})


def _opened_revision(request: HttpRequest, rule: Rule) -> int:
    """What the person read: as the link or the form says, or what this page shows them now."""
    said = request.POST.get("opened") or request.GET.get("opened") or ""
    return int(said) if said.isdecimal() and len(said) < MAX_REVISION_DIGITS else rule.revision


def _outdated(rule: Rule, opened: int) -> SafeString | None:
    if opened == rule.revision:
        return None
    advice = _("Nothing is done yet. If it is still right, do it once more.")
    return changed_meanwhile(rule_id=rule.id, opened_revision=opened).told(advice)
