"""The pages on which packs come in and go out. Each makes one call and shows the result."""

from itertools import islice
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User
from chatapp.core.errors import DomainError
from chatapp.moderation.admin.forms import ReasonForm
from chatapp.moderation.admin.pack_forms import PackExportForm, PackUploadForm
from chatapp.moderation.admin.pack_sentences import entries_text, pack_advice
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.choices import ACTION_LABELS, CATEGORY_LABELS, CHANNEL_LABELS, LANGUAGE_LABELS, STAGE_LABELS
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS
from chatapp.moderation.judging.verdict import RuleKind
from chatapp.moderation.models import Rule
from chatapp.moderation.packs.entry import PackProblem
from chatapp.moderation.packs.formats import PackRead, pack_to_csv, pack_to_json
from chatapp.moderation.packs.pack import PACK_ACTIONS, PackRule
from chatapp.moderation.packs.reading import pack_read
from chatapp.moderation.packs.transfer import pack_export, pack_import, pack_plan
from chatapp.moderation.packs.uploads import PackFormat, pack_upload_forget, pack_upload_get, pack_upload_store

# More would make a page that no browser likes; who has more mends these first.
MAX_PROBLEMS_SHOWN = 2_000
_NUM_EXAMPLES = 5


def import_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """A file or a text; it is kept for an hour and looked at on the next page. Stores no rule."""
    user = _importer(request)
    form = PackUploadForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        upload_id = pack_upload_store(upload=form.upload(), person_id=user.pk)
        return redirect("admin:moderation_rule_import_preview", upload_id=upload_id)
    return page(request, model_admin, "moderation/pack_import", {"title": _("Import a pack"), "form": form})


def import_preview_view(request: HttpRequest, upload_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """What would be created and what is wrong with which line; a POST imports what is good."""
    user = _importer(request)
    try:
        read = pack_read(pack_upload_get(upload_id=upload_id, person_id=user.pk))
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return redirect("admin:moderation_rule_import")
    form = ReasonForm(request.POST or None)
    if request.method == "POST" and read.pack and form.is_valid():
        try:
            done = pack_import(pack=read.pack, author=user, reason=form.cleaned_data["reason"])
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            pack_upload_forget(upload_id=upload_id, person_id=user.pk)
            messages.success(request, _("Rules imported as drafts: %(number)d.") % {"number": len(done.new)})
            return redirect("admin:moderation_rule_changelist")
    return page(
        request, model_admin, "moderation/pack_preview", {"title": _("Import a pack"), "form": form, **_preview(read)}
    )


def _importer(request: HttpRequest) -> User:
    permitted(request, "moderation.add_rule")
    return permitted(request, "moderation.change_rule")


def _preview(read: PackRead) -> dict[str, Any]:
    shown = [_shown_problem(problem) for problem in islice(read.problems, MAX_PROBLEMS_SHOWN)]
    about = {
        "problems": shown,
        "num_problems": len(read.problems),
        "num_more_problems": len(read.problems) - len(shown),
    }
    if read.pack is None:
        return about
    plan = pack_plan(pack=read.pack)
    return {
        **about,
        "header": read.pack.header,
        "new": [_shown_rule(rule) for rule in plan.new],
        "existing": [_shown_rule(rule) for rule in plan.existing],
    }


def _shown_problem(problem: PackProblem) -> dict[str, Any]:
    return {"line": problem.line, "text": problem.text, "advice": pack_advice(problem), "code": problem.code}


def _shown_rule(rule: PackRule) -> dict[str, Any]:
    return {
        "slug": rule.slug,
        "category": CATEGORY_LABELS[rule.category],
        "action": ACTION_LABELS[rule.action],
        "action_colour": ACTION_COLOURS[rule.action.value],
        "severity": rule.severity,
        "severity_colour": SEVERITY_COLOURS[rule.severity],
        "language": LANGUAGE_LABELS[rule.language],
        "stages": [STAGE_LABELS[stage] for stage in rule.stages],
        "channels": [CHANNEL_LABELS[channel] for channel in rule.channels],
        "entries": entries_text(len(rule.words)),
        "examples": rule.words[:_NUM_EXAMPLES],
        "num_more": max(0, len(rule.words) - _NUM_EXAMPLES),
    }


def export_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """Which rules, in which format; a POST answers with the file."""
    permitted(request, "moderation.change_rule")
    exportable = Rule.objects.filter(kind=RuleKind.KEYWORD, action__in=PACK_ACTIONS)
    form = PackExportForm(request.POST or None, exportable=exportable)
    if request.method == "POST" and form.is_valid():
        try:
            return _download(form)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
    about = {
        "title": _("Export rules"),
        "form": form,
        "left_out": Rule.objects.exclude(id__in=exportable.values("id")),
    }
    return page(request, model_admin, "moderation/pack_export", about)


def _download(form: PackExportForm) -> HttpResponse:
    """:raises PackEmpty:"""
    chosen, name = form.cleaned_data["rules"], form.cleaned_data["name"]
    pack = pack_export(rules=chosen, name=name).pack
    if form.cleaned_data["format"] == PackFormat.CSV:
        # With a byte order mark: without one spreadsheets read Chinese in the code page of the machine.
        content, kind = "\ufeff" + pack_to_csv(pack), "text/csv; charset=utf-8"
    else:
        content, kind = pack_to_json(pack), "application/json"
    response = HttpResponse(content, content_type=kind)
    response["Content-Disposition"] = f'attachment; filename="{name}.{form.cleaned_data["format"]}"'
    return response
