"""
The pages of what was decided: decisions, evidence behind a role, readings; and the figures beside each rule.

The pages of second looks stand in `case_admin`; Django finds them through this module.
"""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatapp.core import clock
from chatapp.moderation.admin import RuleAdmin
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS
from chatapp.moderation.models import Rule
from chatapp.review import case_admin  # noqa: F401 -- registers its pages
from chatapp.review.dry_runs import admin as dry_run_admin  # noqa: F401 -- likewise
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.figures import precision_text
from chatapp.review.models import Decision, EvidenceReading
from chatapp.review.precision import precision_estimate
from chatapp.review.record_admin import RecordAdmin
from chatapp.review.selectors import rules_with_hits, rules_with_reviews
from chatapp.review.views import evidence_view


@admin.register(Decision)
class DecisionAdmin(RecordAdmin):
    list_display = (
        "created_at", "rule_slug", "action_label", "is_enforced", "severity_label", "category", "stage",
        "conversation_id",
    )  # fmt: skip
    list_filter = ("is_enforced", "action", "stage", "severity", "category", "created_at")
    search_fields = ("rule_slug", "conversation_id", "message_id", "owner_id")
    list_per_page = 50
    actions_detail = ("open_evidence",)
    custom_urls = (("<uuid:decision_id>/evidence/", "review_decision_evidence", evidence_view),)
    fieldsets = (
        (None, {"fields": (("rule_slug", "rule_revision", "ruleset_version"), ("category", "severity"))}),
        (
            _("What was done"),
            {"fields": (("action", "is_enforced", "stage"), ("span_start", "span_end", "latency_us"))},
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
class EvidenceReadingAdmin(RecordAdmin):
    list_display = ("read_at", "reader_email", "decision_id", "evidence_id")
    list_filter = ("read_at",)
    search_fields = ("reader_email", "decision_id", "evidence_id")
    fields = ("read_at", "reader_email", "reader_id", "decision_id", "evidence_id")


class RuleWithHitsAdmin(RuleAdmin):
    """The rule list with what is on record about each rule: moderation itself knows no decisions."""

    list_display = (*RuleAdmin.list_display, "num_hits", "last_hit_at", "precision")
    actions_detail = ("open_dry_run",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        return rules_with_reviews(rules_with_hits(super().get_queryset(request), now=clock.now()))

    @action(description=_("Dry run"), url_path="open-dry-run", permissions=["run"], icon="fast_forward")
    def open_dry_run(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        asked = {"scope": DryRunScope.RULE.value, "rule_slug": Rule.objects.get(id=object_id).slug}
        return redirect(f"{reverse('admin:review_dryrun_start')}?{urlencode(asked)}")

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:
        return request.user.has_perm("review.run_dry_run")

    @display(description=_("hits in 30 days"), ordering="num_hits")
    def num_hits(self, row: Any) -> int:
        return row.num_hits

    @display(description=_("last hit"), ordering="last_hit_at", empty_value="–")
    def last_hit_at(self, row: Any) -> str | None:
        return row.last_hit_at and _("%(age)s ago") % {"age": timesince(row.last_hit_at, clock.now(), depth=1)}

    @display(description=_("precision"), empty_value="–")
    def precision(self, row: Any) -> str | None:
        estimate = precision_estimate(num_confirmed=row.num_confirmed, num_overturned=row.num_overturned)
        return None if estimate is None else precision_text(estimate)


admin.site.unregister(Rule)
admin.site.register(Rule, RuleWithHitsAdmin)
