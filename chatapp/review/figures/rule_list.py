"""The rule list with what is on record about each rule: moderation itself knows no decisions."""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.timesince import timesince
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from chatapp.core import clock
from chatapp.moderation.admin.rules import RuleAdmin
from chatapp.moderation.colours import SUBTLE_LINE
from chatapp.moderation.models import Rule
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.figures.precision import precision_estimate
from chatapp.review.figures.precision_sentences import precision_range_text
from chatapp.review.figures.rule_figures import (
    RuleFigures,
    is_silent,
    rule_figures,
    rules_silent,
    rules_with_hits,
    rules_with_reviews,
)
from chatapp.review.holds.selectors import rules_with_holds


class Silent(admin.SimpleListFilter):
    title = _("hits")
    parameter_name = "hits"

    def lookups(self, _request: HttpRequest, _model_admin: Any) -> list[tuple[str, Any]]:
        return [("silent", _("none in 90 days"))]

    def queryset(self, _request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        return rules_silent(queryset, now=clock.now()) if self.value() == "silent" else queryset


class RuleWithHitsAdmin(RuleAdmin):
    list_display = (*RuleAdmin.list_display, "num_hits", "last_hit_at", "precision", "latency_us", "held_chars")
    list_filter = (*RuleAdmin.list_filter, Silent)
    actions_detail = (*(RuleAdmin.actions_detail or ()), "open_dry_run")

    @action(description=_("Dry run"), url_path="open-dry-run", permissions=["run"], icon="fast_forward")
    def open_dry_run(self, _request: HttpRequest, object_id: str) -> HttpResponse:
        asked = {"scope": DryRunScope.RULE.value, "rule_slug": Rule.objects.get(id=object_id).slug}
        return redirect(f"{reverse('admin:review_dryrun_start')}?{urlencode(asked)}")

    def has_run_permission(self, request: HttpRequest, object_id: str | None = None) -> bool:  # noqa: ARG002  # unfold's
        return request.user.has_perm("review.run_dry_run")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Rule]:
        rules = rules_with_holds(super().get_queryset(request))
        return rules_with_reviews(rules_with_hits(rules, now=clock.now()))

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        """With the figures that a query cannot sort by, on the rows of this page alone."""
        changelist = super().get_changelist_instance(request)
        rows = list(changelist.result_list)
        slugs = [row.slug for row in rows]
        figures = rule_figures(slugs=slugs, now=clock.now())
        for row in rows:
            row.figures = figures[row.slug]
        changelist.result_list = rows
        return changelist

    @display(description=_("hits in 30 days"), ordering="num_hits")
    def num_hits(self, row: Any) -> str:
        """With the share of texts, and what a shadow rule would have done how often."""
        share = row.figures.text_share
        return format_html(
            '<span class="whitespace-nowrap">{}</span>{}',
            f"{row.num_hits} · {share_text(share)}" if row.num_hits and share is not None else row.num_hits,
            self._would_have(row),
        )

    def _would_have(self, row: Any) -> str:
        if not row.num_shadow_hits:
            return ""
        words = _("would have: %(action)s") % {"action": f"{row.get_action_display()} × {row.num_shadow_hits}"}
        return format_html('<span class="{} whitespace-nowrap">{}</span>', SUBTLE_LINE, words)

    @display(description=_("last hit"), ordering="last_hit_at")
    def last_hit_at(self, row: Any) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', last_hit_text(row.last_hit_at, now=clock.now()))

    @display(description=_("precision"), empty_value="–")
    def precision(self, row: Any) -> str | None:
        """How often reviewers agreed, with its interval."""
        estimate = precision_estimate(num_confirmed=row.num_confirmed, num_overturned=row.num_overturned)
        if estimate is None:
            return None
        return _two_lines(f"{estimate.estimate * 100:.0f} %", precision_range_text(estimate))

    @display(description=_("check time"), ordering="latency_mean_us", empty_value="–")
    def latency_us(self, row: Any) -> str | None:
        """Of the checks in which the rule hit; all rules together."""
        figures: RuleFigures = row.figures
        if figures.latency_p99_us is None:
            return None
        return format_html(
            '<span title="{}">{}</span>',
            _("of the checks in which it hit, all rules together"),
            _two_lines(duration_text(row.latency_mean_us), f"p99 {duration_text(figures.latency_p99_us)}"),
        )

    @display(description=_("held characters, p50 / p99"), empty_value="–")
    def held_chars(self, row: Any) -> str | None:
        """What this rule alone makes a stream wait for."""
        if row.held_num_texts is None:
            return None
        sentence = _("held back by this rule alone after each character of the newest answers (%(number)s of them)")
        return format_html(
            '<span class="whitespace-nowrap" title="{}">{} / {}</span>',
            sentence % {"number": row.held_num_texts},
            row.held_p50_chars,
            row.held_p99_chars,
        )


def _two_lines(figure: str, beneath: str) -> str:
    """So narrow that the table keeps its width."""
    return format_html(
        '<span class="whitespace-nowrap">{}</span><span class="{} whitespace-nowrap">{}</span>',
        figure, SUBTLE_LINE, beneath,
    )  # fmt: skip


def last_hit_text(last_hit_at: datetime | None, *, now: datetime) -> str:
    if last_hit_at is None:
        return gettext("never")
    if is_silent(last_hit_at, now=now):
        return gettext("not in 90 days")
    return gettext("%(age)s ago") % {"age": timesince(last_hit_at, now, depth=1)}


_MIN_SHARE_SHOWN = 0.001
_US_PER_MS = 1_000


def share_text(share: float) -> str:
    """0.4 %: with one place, because most rules hit less than one text in a hundred."""
    return "< 0.1 %" if 0 < share < _MIN_SHARE_SHOWN else f"{share * 100:.1f} %"


def duration_text(duration_us: float) -> str:
    return f"{duration_us:.0f} µs" if duration_us < _US_PER_MS else f"{duration_us / _US_PER_MS:.1f} ms"
