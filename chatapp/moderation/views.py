"""The pages beside the rule list: try a text, publish. Each makes one call and shows the result."""

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.core.errors import DomainError
from chatapp.moderation.colours import ACTION_COLOURS
from chatapp.moderation.difference import difference
from chatapp.moderation.forms import PublishForm, TryForm
from chatapp.moderation.gate import find_matches, judge
from chatapp.moderation.marking import pieces
from chatapp.moderation.models import RuleAction, RuleCategory
from chatapp.moderation.selectors import rule_list_in_force, ruleset_current, ruleset_edited
from chatapp.moderation.services import ruleset_publish
from chatapp.moderation.verdict import Match


def try_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """A text box; with a text in it, the verdict and the marked text. Stores nothing."""
    if not request.user.has_perm("moderation.view_rule"):
        raise PermissionDenied
    form = TryForm(request.POST or None)
    judged = _judged(form) if request.method == "POST" and form.is_valid() else {}
    return _page(request, model_admin, "try", {"title": _("Try it"), "form": form, **judged})


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
    """What would change, and a reason; then the next ruleset."""
    if not request.user.is_authenticated or not request.user.has_perm("moderation.publish_ruleset"):
        raise PermissionDenied
    form = PublishForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruleset = ruleset_publish(author=request.user, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Ruleset %(version)d is in force.") % {"version": ruleset.version})
            return redirect("admin:moderation_ruleset_changelist")
    changes = difference(ruleset_current().rules, rule_list_in_force())
    return _page(request, model_admin, "publish", {"title": _("Publish"), "form": form, "changes": changes})


def _page(request: HttpRequest, model_admin: ModelAdmin, name: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/moderation/{name}.html", {**shared, **context})
