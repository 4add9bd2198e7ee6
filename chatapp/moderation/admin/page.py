"""What every page of rules and of records about them shares: its frame, its style sheet, and who may see it."""

from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from unfold.admin import ModelAdmin

from chatapp.accounts.models import User


class AdminMedia:
    """As `Media` of an admin class: of every list of rules and records, and of the form of a rule."""

    css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ("moderation/admin.css",)}


def permitted(request: HttpRequest, permission: str) -> User:
    """:raises PermissionDenied: for everybody else."""
    if not request.user.is_authenticated or not request.user.has_perm(permission):
        raise PermissionDenied
    return request.user


def page(request: HttpRequest, model_admin: ModelAdmin, name: str, context: dict[str, Any]) -> HttpResponse:
    """name: of the template below admin/, without its ending."""
    shared = {**model_admin.admin_site.each_context(request), "opts": model_admin.opts}
    return TemplateResponse(request, f"admin/{name}.html", {**shared, **context})
