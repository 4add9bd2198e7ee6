"""The catalog in the admin: which models are offered, and whether a worker is up."""

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import worker_is_available


@admin.register(ChatModel)
class ChatModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = ("name", "slug", "is_enabled", "is_default", "context_window", "num_slots", "has_worker")
    list_filter = ("is_enabled",)
    readonly_fields = ("source", "revision", "path")
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "description_zh_hans", "is_enabled", "is_default")}),
        (_("Answers"), {"fields": ("default_temperature", "default_system_prompt", "max_new_tokens")}),
        (
            _("Serving"),
            {
                "fields": ("context_window", "num_slots", "source", "revision", "path"),
                "description": _("Restart the model's worker after a change here. `make model-add` adds a model."),
            },
        ),
    )

    @display(description=_("worker"), boolean=True)  # type: ignore[untyped-decorator]  # unfold has no types
    def has_worker(self, row: ChatModel) -> bool:
        return worker_is_available(slug=row.slug)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # weights must be prepared first: make model-add
