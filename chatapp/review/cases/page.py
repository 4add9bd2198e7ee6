"""
One case: what is known of it, what a reviewer may read, what may be done. Each button makes one domain call.

Nothing of the conversation is on the page until it is asked for, and asking is on record.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.core.errors import DomainError
from chatapp.moderation.admin.page import page, permitted
from chatapp.moderation.models import Rule
from chatapp.review.cases.ageing import is_overdue
from chatapp.review.cases.case_texts import LOOK_KEPT, case_context_read, case_evidence_read
from chatapp.review.cases.exceptions import rule_exception_add
from chatapp.review.cases.forms import ExceptionForm, ResolveForm
from chatapp.review.cases.services import case_claim, case_confirm, case_overturn, is_held, is_open
from chatapp.review.figures.precision_sentences import precision_text
from chatapp.review.figures.rule_figures import rule_precision
from chatapp.review.models import Appeal, ReviewCase, ReviewOutcome
from chatapp.review.selectors import decisions_of

READINGS = {"context": case_context_read, "evidence": case_evidence_read}


def case_view(request: HttpRequest, case_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """GET shows the case; POST `show` reads for it, POST `deed` does something about it."""
    user = permitted(request, "review.view_reviewcase")
    case = get_object_or_404(ReviewCase, id=case_id)
    if request.method == "POST" and "deed" in request.POST:
        if _done(request, case, user):
            return redirect(request.path)
        case.refresh_from_db()
    about = {"title": _("Review"), **_known(case, user, clock.now()), **_read(request, case, user)}
    return page(request, model_admin, "review/case", about)


def _done(request: HttpRequest, case: ReviewCase, user: User) -> bool:
    """Carry out one deed; a refusal becomes a message on the page."""
    deeds: dict[str, Callable[[], object]] = {
        "claim": lambda: case_claim(case_id=case.id, reviewer=user, now=clock.now()),
        "confirm": lambda: case_confirm(
            case_id=case.id, reviewer=user, reason=request.POST.get("reason", ""), now=clock.now()
        ),
        "overturn": lambda: case_overturn(
            case_id=case.id, reviewer=user, reason=request.POST.get("reason", ""), now=clock.now()
        ),
        "exception": lambda: rule_exception_add(
            rule=get_object_or_404(Rule, slug=case.rule_slug), phrase=request.POST.get("phrase", ""), author=user
        ),
    }
    deed = request.POST["deed"]
    if deed not in deeds:
        raise PermissionDenied
    try:
        deeds[deed]()
    except DomainError as refusal:
        messages.error(request, refusal.message)
        return False
    if deed == "exception":
        messages.success(request, _("The exception is in the rule. It takes effect when somebody publishes."))
    return True


def _read(request: HttpRequest, case: ReviewCase, user: User) -> dict[str, Any]:
    """
    What was asked to be shown, each reading on record, and why something cannot be.

    POST `show` opens a piece anew; `keep` names those that stand on the page already.
    """
    shown: dict[str, Any] = {}
    asked = request.POST.getlist("show") if request.method == "POST" else []
    kept = request.POST.getlist("keep") if request.method == "POST" else []
    for name, read in READINGS.items():
        if name in asked or name in kept:
            since = None if name in asked else clock.now() - LOOK_KEPT
            try:
                shown[name] = read(case=case, reader=user, on_record_since=since)
            except DomainError as refusal:
                shown[f"{name}_refusal"] = refusal.message
    return {**shown, "shown": [name for name in READINGS if name in shown]}


def _known(case: ReviewCase, user: User, now: datetime) -> dict[str, Any]:
    may_read = user.has_perm("review.view_evidence_text")
    held = is_held(case, now=now)
    may_resolve = user.has_perm("review.resolve_reviewcase") and is_open(case)
    precision = rule_precision(case.rule_slug)
    rule = Rule.objects.filter(slug=case.rule_slug).first()
    return {
        "case": case,
        "decisions": _decisions_table(case),
        "is_open": is_open(case),
        "is_overdue": is_open(case) and is_overdue(severity=case.severity, opened_at=case.opened_at, now=now),
        "is_mine": may_resolve and case.claimed_by_id == user.id,
        "holder": User.objects.filter(id__in=[case.claimed_by_id]).first() if held else None,
        "may_claim": may_resolve and (not held or case.claimed_by_id == user.id),
        "may_read": may_read,
        "appeal": Appeal.objects.filter(case=case).first() if user.has_perm("review.view_appeal") else None,
        "outcome": ReviewOutcome.objects.filter(case_id=case.id).first(),
        "rule": rule if user.has_perm("moderation.view_rule") else None,
        "precision": precision_text(precision) if precision else None,
        "resolve_form": ResolveForm(),
        "exception_form": ExceptionForm() if rule and user.has_perm("moderation.change_rule") else None,
    }


def _decisions_table(case: ReviewCase) -> dict[str, Any]:
    return {
        "headers": [_("rule"), _("action"), _("category"), _("severity"), _("characters"), _("enforced")],
        "rows": [
            [
                f"{row.rule_slug} · {row.rule_revision}",
                row.get_action_display(),
                row.get_category_display(),
                row.severity,
                f"{row.span_start}–{row.span_end}",
                _("yes") if row.is_enforced else _("no, shadow"),
            ]
            for row in decisions_of(case)
        ],
    }
