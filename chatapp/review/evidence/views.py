"""The page on which a reviewer reads withheld text: first what reading means, then, on record, the text."""

from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.core.errors import DomainError
from chatapp.review.evidence.readings import evidence_read
from chatapp.review.models import Decision


def evidence_view(request: HttpRequest, decision_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """GET asks, POST records the reading and shows the text. The admin lets no cache keep its pages."""
    user = request.user
    if not user.is_authenticated or not user.has_perm("review.view_evidence_text"):
        raise PermissionDenied
    decision = get_object_or_404(Decision, id=decision_id)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": model_admin.opts,
        "title": _("Evidence"),
        "decision": decision,
    }
    if request.method == "POST":
        try:
            context["withheld_text"] = evidence_read(decision=decision, reader=user)
        except DomainError as refusal:
            context["refusal"] = refusal.message
    return TemplateResponse(request, "admin/review/evidence.html", context)
