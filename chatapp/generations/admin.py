"""Generations in the admin: how answers went, never what they say."""

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from chatapp.core.admin import ReadOnlyAdmin
from chatapp.generations.models import Generation


@admin.register(Generation)
class GenerationAdmin(ReadOnlyAdmin):
    """Read-only, but it goes when its person does: Django asks here before it deletes them."""

    list_display = ("created_at", "kind", "model", "status", "finish_reason", "attempt", "worker", "error_code")
    list_filter = ("status", "finish_reason", "kind", "model")
    fields = (
        "id",
        "kind",
        "status",
        "finish_reason",
        "error_code",
        "attempt",
        "worker",
        "model",
        "model_revision",
        "sampling",
        "ruleset_version",
        "context",
        "usage",
        "timings",
        "created_at",
        "started_at",
        "finished_at",
    )
    list_select_related = ("model",)

    def has_delete_permission(self, request: HttpRequest, obj: Generation | None = None) -> bool:
        is_of_a_person = request.path.startswith(reverse("admin:accounts_user_changelist"))
        return is_of_a_person and request.user.has_perm("accounts.delete_user")
