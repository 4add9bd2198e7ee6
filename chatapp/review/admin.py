"""
The pages of what was decided: decisions, evidence behind a role, readings; and the figures beside each rule.

The pages of second looks and of dry runs stand in their rooms; Django finds them through this module.
"""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatapp.core.admin import ReadOnlyAdmin
from chatapp.moderation.admin.page import AdminMedia
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS
from chatapp.moderation.models import Rule
from chatapp.review.cases import admin as case_admin  # noqa: F401 -- registers its pages
from chatapp.review.dry_runs import admin as dry_run_admin  # noqa: F401 -- likewise
from chatapp.review.evidence.views import evidence_view
from chatapp.review.figures.rule_list import RuleWithHitsAdmin
from chatapp.review.models import Decision, EvidenceReading


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = (
        "created_at", "rule_slug", "action_label", "is_enforced", "severity_label", "category", "stage",
        "conversation_id",
    )  # fmt: skip
    list_filter = ("is_enforced", "action", "stage", "channel", "severity", "category", "created_at")
    search_fields = ("rule_slug", "conversation_id", "message_id", "owner_id")
    list_per_page = 50
    actions_detail = ("open_evidence",)
    custom_urls = (("<uuid:decision_id>/evidence/", "review_decision_evidence", evidence_view),)
    fieldsets = (
        (None, {"fields": (("rule_slug", "rule_revision", "ruleset_version"), ("category", "severity"))}),
        (
            _("What was done"),
            {
                "fields": (
                    ("action", "is_enforced", "stage"),
                    ("span_start", "span_end", "latency_us"),
                    ("channel", "score", "principle", "error"),
                )
            },
        ),
        (_("Where"), {"fields": ("conversation_id", "message_id", "generation_id", "owner_id", "created_at")}),
        (_("Chain"), {"fields": ("place", "previous_digest", "digest", "text_digest", "evidence_id")}),
    )

    def has_read_evidence_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("review.view_evidence_text")

    @action(description=_("Show evidence"), url_path="open-evidence", permissions=["read_evidence"])
    def open_evidence(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return redirect("admin:review_decision_evidence", decision_id=object_id)

    @display(description=_("action"), ordering="action", label=ACTION_COLOURS)
    def action_label(self, row: Decision) -> tuple[str, str]:
        return row.action, row.get_action_display()

    @display(description=_("severity"), ordering="severity", label=SEVERITY_COLOURS)
    def severity_label(self, row: Decision) -> tuple[int, str]:
        return row.severity, str(row.severity)


@admin.register(EvidenceReading)
class EvidenceReadingAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = ("read_at", "reader_email", "decision_id", "evidence_id")
    list_filter = ("read_at",)
    search_fields = ("reader_email", "decision_id", "evidence_id")
    fields = ("read_at", "reader_email", "reader_id", "decision_id", "evidence_id")


admin.site.unregister(Rule)
admin.site.register(Rule, RuleWithHitsAdmin)
