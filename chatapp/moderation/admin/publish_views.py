"""The pages beside the lists: publish, put back into force. Each makes one call and shows the result."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.core.errors import DomainError
from chatapp.moderation import models
from chatapp.moderation.admin.forms import PublishOverrideForm, ReasonForm
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.publishing.advice import advice_on
from chatapp.moderation.publishing.difference import difference
from chatapp.moderation.publishing.selectors import publishing_digest, rule_list_in_force, ruleset_rules
from chatapp.moderation.publishing.services import ruleset_publish, ruleset_restore
from chatapp.moderation.rules.selectors import approver_exists, rules_waiting


def publish_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """What would change and what keeps it from being published, and a reason; then the next ruleset."""
    user = permitted(request, "moderation.publish_ruleset")
    before, rules = ruleset_rules(), rule_list_in_force()
    waiting = list(rules_waiting(in_force=before))
    advice = advice_on(rules)
    may_override = user.is_superuser and (waiting or any(one.is_hurdle for one in advice))
    form = (PublishOverrideForm if may_override else ReasonForm)(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruleset = ruleset_publish(author=user, shown_digest=request.POST.get("shown"), **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            messages.success(request, _("Ruleset %(version)d is in force.") % {"version": ruleset.version})
            return redirect("admin:moderation_ruleset_changelist")
    about = {
        "title": _("Publish"),
        "form": form,
        "changes": difference(before, rules),
        "shown": publishing_digest(before, rules),
        "waiting": waiting,
        "is_lonely": any(not approver_exists(besides_id=rule.author_id) for rule in waiting),
        "advice": advice,
    }
    return page(request, model_admin, "moderation/publish", about)


def ruleset_restore_view(request: HttpRequest, version: int, model_admin: ModelAdmin) -> HttpResponse:
    """What would change if an earlier version were put back into force, and a reason; then it is."""
    user = permitted(request, "moderation.publish_ruleset")
    row = get_object_or_404(models.Ruleset, version=version)
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            ruleset = ruleset_restore(
                version=version, author=user, shown_digest=request.POST.get("shown"), **form.cleaned_data
            )
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            sentence = _("The rules of version %(old)d are in force again, as version %(new)d.")
            messages.success(request, sentence % {"old": version, "new": ruleset.version})
            return redirect("admin:moderation_ruleset_changelist")
    before, rules = ruleset_rules(), ruleset_rules(version=version)
    about = {
        "title": _("Put version %(version)d back into force") % {"version": version},
        "form": form,
        "row": row,
        "changes": difference(before, rules),
        "shown": publishing_digest(before, rules),
    }
    return page(request, model_admin, "moderation/ruleset_restore", about)
