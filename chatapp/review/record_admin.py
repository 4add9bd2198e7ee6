"""What every page of records has in common."""


# ruff: noqa: ARG002 -- signatures are Django's
# mypy: disallow-subclassing-any=False
# (unfold is published without types)

from typing import ClassVar

from django.db.models import Model
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from chatapp.moderation.admin.page import ADMIN_CSS


class RecordAdmin(ModelAdmin):
    """A table that is only added to, and only by the product."""

    class Media:
        css: ClassVar[dict[str, tuple[str, ...]]] = {"all": ADMIN_CSS}

    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
