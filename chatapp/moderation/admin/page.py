"""What every page of moderation shares: its frame, its style sheet, and who may see it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User

# On every list of rules and records, and on the form of a rule.
ADMIN_CSS = ("moderation/admin.css",)


def permitted(request: HttpRequest, permission: str) -> User:
    """:raises PermissionDenied: for everybody else."""
    if not request.user.is_authenticated or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def page(request: HttpRequest, model_admin: ModelAdmin, name: str, context: dict[str, Any]) -> HttpResponse:
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/moderation/{name}.html", {**shared, **context})
