"""The catalog in the admin: which models are offered, and whether a worker is up."""

from django.contrib import admin
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import display

from chatapp.catalog.engines import EngineChoice, capability_table, reason_text
from chatapp.catalog.models import ChatModel
from chatapp.core.signs_of_life import worker_is_available


@admin.register(ChatModel)
class ChatModelAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    list_display = (
        "name",
        "slug",
        "is_enabled",
        "is_default",
        "context_window",
        "num_slots",
        "served_by",
        "has_worker",
    )
    list_filter = ("is_enabled",)
    readonly_fields = ("source", "revision", "path", "served_by", "reason", "capabilities")
    fieldsets = (
        (None, {"fields": ("name", "slug", "description", "description_zh_hans", "is_enabled", "is_default")}),
        (_("Answers"), {"fields": ("default_temperature", "default_system_prompt", "max_new_tokens")}),
        (
            _("Serving"),
            {
                "fields": ("engine", "context_window", "num_slots", "source", "revision", "path"),
                "description": _("Restart the model's worker after a change here. `make model-add` adds a model."),
            },
        ),
        (
            _("Engine"),
            {
                "fields": ("served_by", "reason", "capabilities"),
                "description": _("As the model's worker said when it last started."),
            },
        ),
    )

    @display(description=_("worker"), boolean=True)  # type: ignore[untyped-decorator]  # unfold has no types
    def has_worker(self, row: ChatModel) -> bool:
        return worker_is_available(slug=row.slug)

    @display(description=_("served by"))  # type: ignore[untyped-decorator]  # unfold has no types
    def served_by(self, row: ChatModel) -> str:
        kind = row.serving_engine
        return str(EngineChoice(kind).label) if kind in EngineChoice.values else kind or "–"

    @display(description=_("why this engine"))  # type: ignore[untyped-decorator]  # unfold has no types
    def reason(self, row: ChatModel) -> str:
        return reason_text(row.serving_reason) or "–"

    @display(description=_("what it can do"))  # type: ignore[untyped-decorator]  # unfold has no types
    def capabilities(self, row: ChatModel) -> SafeString:
        """A table of every parameter; "–" before the first worker came up."""
        table = None if row.serving_parameters is None else capability_table(row.serving_parameters)
        return render_to_string("admin/catalog/capabilities.html", {"table": table})

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False  # weights must be prepared first: make model-add
