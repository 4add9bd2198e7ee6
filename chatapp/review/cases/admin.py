"""The pages of second looks: the queue, one case, appeals, who read which context."""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.timesince import timesince
from django.utils.translation import gettext_lazy as _
from unfold.decorators import display

from chatapp.core import clock
from chatapp.core.admin import ReadOnlyAdmin
from chatapp.moderation.admin.page import AdminMedia
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS
from chatapp.review.cases.ageing import is_overdue
from chatapp.review.cases.page import case_view
from chatapp.review.cases.services import is_held, is_open
from chatapp.review.models import Appeal, ContextReading, ReviewCase, ReviewState
from chatapp.review.selectors import review_case_list

CASE_COLOURS = {"waiting": "warning", "claimed": "info", "confirmed": "success", "overturned": "danger"}


def case_state(case: ReviewCase) -> ReviewState:
    """A claim that ran out is none: the case waits again."""
    state = ReviewState(case.state)
    return ReviewState.WAITING if state is ReviewState.CLAIMED and not is_held(case, now=clock.now()) else state


class StandingFilter(admin.SimpleListFilter):
    """Open cases unless asked otherwise: the queue is what is left to do."""

    title = _("standing")
    parameter_name = "standing"
    ALL = "all"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(self.ALL, _("all")), ("resolved", _("resolved"))]

    def choices(self, changelist: Any) -> Any:
        names: dict[Any, Any] = {None: _("open"), **dict(self.lookup_choices)}
        for value, name in names.items():
            yield {
                "selected": self.value() == value,
                "query_string": changelist.get_query_string(
                    {} if value is None else {self.parameter_name: value}, remove=[self.parameter_name]
                ),
                "display": name,
            }

    def queryset(self, request: HttpRequest, queryset: QuerySet[ReviewCase]) -> QuerySet[ReviewCase]:
        resolved = (ReviewState.CONFIRMED, ReviewState.OVERTURNED)
        match self.value():
            case self.ALL:
                return queryset
            case "resolved":
                return queryset.filter(state__in=resolved)
            case _:
                return queryset.exclude(state__in=resolved)


@admin.register(ReviewCase)
class ReviewCaseAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = (
        "age_label", "severity_label", "category", "rule_slug", "action_label", "stage", "opened_by", "state_label",
    )  # fmt: skip
    list_filter = (StandingFilter, "severity", "category", "stage", "opened_by", "action")
    search_fields = ("rule_slug", "conversation_id", "message_id", "owner_id")
    list_per_page = 50

    def get_queryset(self, request: HttpRequest) -> QuerySet[ReviewCase]:
        return review_case_list()

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        return ("is_resolved", "-severity", "opened_at", "id")

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """One page for all of it: what is known, what may be read, what may be done."""
        try:
            case_id = UUID(object_id)
        except ValueError:
            raise Http404 from None
        return case_view(request, case_id, self)

    @display(description=_("age"), ordering="opened_at", label={"due": None, "overdue": "danger"})
    def age_label(self, row: ReviewCase) -> tuple[str, str]:
        now = clock.now()
        late = is_open(row) and is_overdue(severity=row.severity, opened_at=row.opened_at, now=now)
        return "overdue" if late else "due", timesince(row.opened_at, now, depth=1)

    @display(description=_("severity"), ordering="severity", label=SEVERITY_COLOURS)
    def severity_label(self, row: ReviewCase) -> tuple[int, str]:
        return row.severity, str(row.severity)

    @display(description=_("action"), ordering="action", label=ACTION_COLOURS)
    def action_label(self, row: ReviewCase) -> tuple[str, str]:
        return row.action, row.get_action_display()

    @display(description=_("state"), ordering="state", label=CASE_COLOURS)
    def state_label(self, row: ReviewCase) -> tuple[str, Any]:
        state = case_state(row)
        return state.value, state.label


@admin.register(Appeal)
class AppealAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = ("created_at", "words_shown", "category", "rule_slug", "state_label", "case_link")
    list_filter = ("case__state", "case__severity", "case__category", "created_at")
    search_fields = ("words", "case__rule_slug", "owner_id")
    list_select_related = ("case",)
    list_per_page = 50
    fields = ("created_at", "words_shown", "owner_id", "case_link")
    readonly_fields = ("words_shown", "case_link")

    @display(description=_("what they say"))
    def words_shown(self, row: Appeal) -> str:
        return row.words or "–"

    @display(description=_("category"), ordering="case__category")
    def category(self, row: Appeal) -> str:
        return row.case.get_category_display()

    @display(description=_("rule"), ordering="case__rule_slug")
    def rule_slug(self, row: Appeal) -> str:
        return row.case.rule_slug

    @display(description=_("state"), ordering="case__state", label=CASE_COLOURS)
    def state_label(self, row: Appeal) -> tuple[str, Any]:
        state = case_state(row.case)
        return state.value, state.label

    @display(description=_("case"))
    def case_link(self, row: Appeal) -> str:
        address = reverse("admin:review_reviewcase_change", args=[row.case_id])
        return format_html('<a class="text-primary-600 dark:text-primary-500" href="{}">{}</a>', address, _("Open"))


@admin.register(ContextReading)
class ContextReadingAdmin(ReadOnlyAdmin):
    Media = AdminMedia
    list_display = ("read_at", "reader_email", "conversation_id", "num_messages", "case_id")
    list_filter = ("read_at",)
    search_fields = ("reader_email", "case_id", "conversation_id")
    fields = ("read_at", "reader_email", "reader_id", "case_id", "conversation_id", "num_messages")
