"""The pages beside the lists: try a text, publish, put back into force. Each makes one call and shows the result."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User
from chatapp.core.errors import DomainError
from chatapp.moderation import models
from chatapp.moderation.advice import advice_on
from chatapp.moderation.colours import ACTION_COLOURS
from chatapp.moderation.difference import difference
from chatapp.moderation.forms import PublishOverrideForm, ReasonForm, TryForm
from chatapp.moderation.gate import find_matches, judge
from chatapp.moderation.marking import pieces
from chatapp.moderation.models import RuleAction, RuleCategory
from chatapp.moderation.selectors import (
    rule_list_in_force,
    rules_waiting,
    ruleset_current,
    ruleset_edited,
    ruleset_rules,
)
from chatapp.moderation.services import ruleset_publish, ruleset_restore
from chatapp.moderation.verdict import Match


def try_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """A text box; with a text in it, the verdict and the marked text. Stores nothing."""
    if not request.user.has_perm("moderation.view_rule"):
        raise PermissionDenied
    form = TryForm(request.POST or None)
    judged = _judged(form) if request.method == "POST" and form.is_valid() else {}
    return page(request, model_admin, "try", {"title": _("Try it"), "form": form, **judged})


def _judged(form: TryForm) -> dict[str, Any]:
    text, stage = form.cleaned_data["text"], form.cleaned_data["stage"]
    ruleset = ruleset_current() if form.cleaned_data["rules"] == TryForm.PUBLISHED else ruleset_edited()
    matches, verdict = find_matches(ruleset, text, stage), judge(ruleset, text, stage)
    return {
        "verdict": verdict,
        "verdict_label": dict(RuleAction.choices).get(verdict.action, _("nothing to do")),
        "verdict_colour": ACTION_COLOURS.get(verdict.action, "success"),
        "matches": _matches_table(matches),
        "pieces": pieces(text, matches),
    }


def _matches_table(matches: Sequence[Match]) -> dict[str, Any]:
    actions, categories = dict(RuleAction.choices), dict(RuleCategory.choices)
    return {
        "headers": [_("rule"), _("characters"), _("category"), _("action"), _("severity"), _("enforced")],
        "rows": [
            [
                match.rule_id,
                f"{match.start}–{match.end}",
                categories.get(match.category, match.category),
                actions[match.action],
                match.severity,
                _("yes") if match.enforced else _("no, shadow"),
            ]
            for match in matches
        ],
    }


def publish_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """What would change and what keeps it from being published, and a reason; then the next ruleset."""
    user = permitted(request, "moderation.publish_ruleset")
    before = ruleset_rules()
    waiting = list(rules_waiting(in_force=before)) if settings.MODERATION_SECOND_APPROVAL else []
    advice = advice_on(rule_list_in_force())
    may_override = user.is_superuser and (waiting or any(one.is_hurdle for one in advice))
    form = (PublishOverrideForm if may_override else ReasonForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruleset = ruleset_publish(author=user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Ruleset %(version)d is in force.") % {"version": ruleset.version})
            return redirect("admin:moderation_ruleset_changelist")
    changes = difference(before, rule_list_in_force())
    about = {"title": _("Publish"), "form": form, "changes": changes, "waiting": waiting, "advice": advice}
    return page(request, model_admin, "publish", about)


def ruleset_restore_view(request: HttpRequest, version: int, model_admin: ModelAdmin) -> HttpResponse:
    """What would change if an earlier version were put back into force, and a reason; then it is."""
    user = permitted(request, "moderation.publish_ruleset")
    row = get_object_or_404(models.Ruleset, version=version)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruleset = ruleset_restore(version=version, author=user, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            sentence = _("The rules of version %(old)d are in force again, as version %(new)d.")
            messages.success(request, sentence % {"old": version, "new": ruleset.version})
            return redirect("admin:moderation_ruleset_changelist")
    about = {
        "title": _("Put version %(version)d back into force") % {"version": version},
        "form": form,
        "row": row,
        "changes": difference(ruleset_rules(), ruleset_rules(version=version)),
    }
    return page(request, model_admin, "ruleset_restore", about)


def permitted(request: HttpRequest, permission: str) -> User:
    """:raises PermissionDenied: for everybody else."""
    if not request.user.is_authenticated or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def page(request: HttpRequest, model_admin: ModelAdmin, name: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/moderation/{name}.html", {**shared, **context})
