"""The list of rulesets as they were published, and the way back to an earlier one."""

# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

import json
from typing import Any

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatapp.core.admin import ReadOnlyAdmin
from chatapp.moderation.admin.page import AdminMedia
from chatapp.moderation.admin.publish_views import ruleset_restore_view
from chatapp.moderation.choices import Hurdle
from chatapp.moderation.models import Ruleset


@admin.register(Ruleset)
class RulesetAdmin(ReadOnlyAdmin):
    Media = AdminMedia

    list_display = ("version", "published_at", "published_by", "reason", "num_rules", "restored", "override", "restore")
    list_select_related = ("published_by",)
    fields = (
        "version", "published_at", "published_by", "reason", "restored_version", "override", "sha256", "payload",
    )  # fmt: skip
    actions_detail = ("open_restore",)
    newest_version: int | None = None  # as of the newest list that was asked for
    custom_urls = (("<int:version>/restore/", "moderation_ruleset_restore", ruleset_restore_view),)

    @action(
        description=_("Put back into force"),
        url_path="open-restore",
        permissions=["publish"],
        icon="settings_backup_restore",
    )
    def open_restore(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:moderation_ruleset_restore", version=object_id)

    @display(description=_("restored version"), empty_value="–")
    def restored(self, row: Ruleset) -> int | None:
        return row.restored_version

    @display(description=_("override"), empty_value="–")
    def override(self, row: Ruleset) -> str | None:
        """In spite of what, and why. An old ruleset knows only why."""
        hurdles = ", ".join(str(Hurdle(name).label) for name in row.overridden)
        return ": ".join(part for part in (hurdles, row.override_reason) if part) or None

    @display(description="")
    def restore(self, row: Ruleset) -> str:
        """A link on every version but the newest."""
        if row.version == self.newest_version:
            return ""
        address = reverse("admin:moderation_ruleset_restore", args=[row.version])
        return format_html('<a class="underline whitespace-nowrap" href="{}">{}</a>', address, _("Put back into force"))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.newest_version = Ruleset.objects.values_list("version", flat=True).first()
        return super().changelist_view(request, extra_context)

    def get_list_display(self, request: HttpRequest) -> tuple[str, ...]:
        return self.list_display if self.has_publish_permission(request) else self.list_display[:-1]

    def has_publish_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("moderation.publish_ruleset")

    @display(description=_("rules"))
    def num_rules(self, row: Ruleset) -> int:
        return len(json.loads(row.payload)["rules"])
