"""The list of dry runs and who read their samples; the pages themselves are in `views`."""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatapp.core.admin import ReadOnlyAdmin
from chatapp.moderation.admin.page import AdminMedia
from chatapp.review.dry_runs.models import DryRun, DryRunReading
from chatapp.review.dry_runs.table_rows import share_text
from chatapp.review.dry_runs.views import COLOURS, dry_run_view, start_view


@admin.register(DryRun)
class DryRunAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = (
        "asked_at", "rules_label", "state_label", "num_judged", "hit_share", "withheld_share", "asked_by_email",
    )  # fmt: skip
    list_filter = ("state", "scope", "asked_at")
    search_fields = ("rule_slug", "asked_by_email")
    list_per_page = 50
    actions_list = ("open_start",)
    custom_urls = (("start/", "review_dryrun_start", start_view),)

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page for all of it: how far it is, what it found, what may be read."""
        try:
            dry_run_id = UUID(object_id)
        except ValueError:
            raise Http404 from None
        return dry_run_view(request, dry_run_id, self)

    @action(description=_("New dry run"), url_path="open-start", permissions=["run"], icon="play_arrow")
    def open_start(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:review_dryrun_start")

    def has_run_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("review.run_dry_run")

    @display(description=_("rules"), ordering="scope")
    def rules_label(self, row: DryRun) -> str:
        return row.rule_slug or row.get_scope_display()

    @display(description=_("state"), ordering="state", label=COLOURS)
    def state_label(self, row: DryRun) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("hit"))
    def hit_share(self, row: DryRun) -> str:
        return share_text(row.num_hit, row.num_judged)

    @display(description=_("withheld"))
    def withheld_share(self, row: DryRun) -> str:
        return share_text(row.num_withheld, row.num_judged)


@admin.register(DryRunReading)
class DryRunReadingAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = ("read_at", "reader_email", "rule_slug", "dry_run_id")
    list_filter = ("read_at",)
    search_fields = ("reader_email", "rule_slug", "dry_run_id")
    fields = ("read_at", "reader_email", "reader_id", "dry_run_id", "rule_slug", "message_ids")
