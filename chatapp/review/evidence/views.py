"""The page on which a reviewer reads withheld text: first what reading means, then, on record, the text."""

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

from chatapp.core.errors import DomainError
from chatapp.moderation.admin.page import page, permitted
from chatapp.review.evidence.readings import evidence_read
from chatapp.review.models import Decision


def evidence_view(request: HttpRequest, decision_id: UUID, model_admin: ModelAdmin) -> HttpResponse:
    """GET asks, POST records the reading and shows the text. The admin lets no cache keep its pages."""
    user = permitted(request, "review.view_evidence_text")
    decision = get_object_or_404(Decision, id=decision_id)
    about = {"title": _("Evidence"), "decision": decision}
    if request.method == "POST":
        try:
            about["withheld_text"] = evidence_read(decision=decision, reader=user)
        except DomainError as refusal:
            about["refusal"] = refusal.message
    return page(request, model_admin, "review/evidence", about)
