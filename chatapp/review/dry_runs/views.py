"""
The pages of dry runs: ask for one, see how far it is and what it found. Each button makes one domain call.

No text of a conversation is on a page until a reviewer asks for a rule's samples, and asking is on record.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User
from chatapp.core.errors import DomainError
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.choices import STAGE_LABELS
from chatapp.review.dry_runs.forms import DryRunForm
from chatapp.review.dry_runs.models import UNFINISHED_STATES, DryRun
from chatapp.review.dry_runs.selectors import dry_run_samples_read
from chatapp.review.dry_runs.services import DEFAULT_DAYS, dry_run_cancel, dry_run_start
from chatapp.review.dry_runs.table_rows import rule_rows, share_text, stage_rows
from chatapp.review.dry_runs.tally import Tally

COLOURS = {"queued": None, "running": "info", "done": "success", "failed": "danger", "cancelled": "warning"}
ERRORS = {
    "too_many_attempts": gettext_lazy("The worker died again and again at the same place."),
    "rules_unreadable": gettext_lazy("This release cannot read the rules any more. Start another dry run."),
}


def start_view(request: HttpRequest, model_admin: ModelAdmin) -> HttpResponse:
    """Which rules, over which messages; then the page of the dry run."""
    user = permitted(request, "review.run_dry_run")
    asked = {name: request.GET[name] for name in ("scope", "rule_slug") if name in request.GET}
    form = DryRunForm(request.POST or None, initial={"num_days": DEFAULT_DAYS, **asked})
    if request.method == "POST" and form.is_valid():
        try:
            run = dry_run_start(author=user, **form.cleaned_data)
        except DomainError as refusal:
            form.add_error(None, refusal.message)
        else:
            return redirect("admin:review_dryrun_change", run.id)
    return page(request, model_admin, "review/dry_runs/start", {"title": _("New dry run"), "form": form})


def dry_run_view(request: HttpRequest, dry_run_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """GET shows the dry run; POST `deed` calls it off, POST `show` reads the samples of one rule."""
    user = permitted(request, "review.view_dryrun")
    run = get_object_or_404(DryRun, id=dry_run_id)
    if request.method == "POST" and "deed" in request.POST:
        try:
            dry_run_cancel(dry_run_id=run.id, author=user)
        except DomainError as refusal:
            messages.error(request, refusal.message)
        return redirect(request.path)
    about = {"title": _("Dry run"), **_known(run, user), **_read(request, run, user)}
    return page(request, model_admin, "review/dry_runs/dry_run", about)


def _read(request: HttpRequest, run: DryRun, user: User) -> dict[str, Any]:
    slug = request.POST.get("show", "") if request.method == "POST" else ""
    if not slug:
        return {}
    try:
        return {"shown": slug, "samples": dry_run_samples_read(dry_run=run, rule_slug=slug, reader=user)}
    except DomainError as refusal:
        return {"shown": slug, "refusal": refusal.message}


def _known(run: DryRun, user: User) -> dict[str, Any]:
    tally = Tally.from_json(run.tally)
    total, stages = tally.total(), STAGE_LABELS
    is_over = run.state not in UNFINISHED_STATES
    return {
        "run": run,
        "is_over": is_over,
        "state_colour": COLOURS[run.state],
        "error": ERRORS.get(run.error, run.error),
        "percent": f"{100 * run.progress:.0f}",
        "total": total,
        "hit_share": share_text(total.hit, total.judged),
        "withheld_share": share_text(total.withheld, total.judged),
        "rules": rule_rows(tally),
        "stages": [(stages[row.stage], row) for row in stage_rows(tally)],
        "sampled": set(run.samples.values_list("rule_slug", flat=True)) if is_over else set(),
        "cost_p50_us": tally.percentile_us(0.5),
        "cost_p99_us": tally.percentile_us(0.99),
        "may_cancel": not is_over and not run.is_cancel_asked and user.has_perm("review.run_dry_run"),
        "may_read": user.has_perm("review.view_evidence_text"),
    }
