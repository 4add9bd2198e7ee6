"""The list and the form of rules, and the ways from there: try, publish, packs, history."""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from collections.abc import Sequence
from typing import Any, cast
from uuid import UUID

from django.contrib import admin
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from chatapp.accounts.models import User
from chatapp.moderation.admin.kind_fields import conditional_fields
from chatapp.moderation.admin.pack_sentences import entries_text
from chatapp.moderation.admin.pack_views import export_view, import_preview_view, import_view
from chatapp.moderation.admin.page import AdminMedia
from chatapp.moderation.admin.publish_views import publish_view
from chatapp.moderation.admin.rule_form import RuleForm
from chatapp.moderation.admin.rule_views import approve_view, history_view, move_view, restore_view, rule_standing
from chatapp.moderation.admin.try_view import try_view
from chatapp.moderation.colours import (
    ACTION_COLOURS,
    SEVERITY_COLOURS,
    STANDING_COLOURS,
    STATE_COLOURS,
    SUBTLE_LINE,
)
from chatapp.moderation.errors import RuleRevisionOutdated
from chatapp.moderation.judging.rulesets.rule import Rule as PublishedRule
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.models import Rule
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.moderation.rules.published import lines, rule_as_published
from chatapp.moderation.rules.selectors import rules_waiting
from chatapp.moderation.rules.services import rule_create, rule_update

STANDINGS = {
    "in_force": _("as published"),
    "changed": _("changed since"),
    "waiting": _("not published yet"),
    "leaving": _("still in force"),
    "approval": _("waits for approval"),
    "out": "–",
}


class WaitsForApproval(admin.SimpleListFilter):
    title = _("approval")
    parameter_name = "approval"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [("waits", _("waits for approval"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Rule]) -> QuerySet[Rule]:
        if self.value() != "waits":
            return queryset
        return queryset.filter(id__in=rules_waiting(in_force=ruleset_rules()).values("id"))


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    Media = AdminMedia

    form = RuleForm
    list_display: tuple[str, ...] = (
        "name",
        "state_label",
        "standing",
        "kind_label",
        "action_label",
        "severity_label",
    )
    list_filter: tuple[Any, ...] = (
        WaitsForApproval,
        "state",
        "kind",
        "action",
        "severity",
        "category",
        "language",
    )
    search_fields = ("slug", "words", "allow_phrases")
    actions = None
    actions_list = (
        "open_publish",
        "open_try",
        {"title": _("Packs"), "items": ("open_import", "open_export"), "icon": "package_2"},
    )
    custom_urls = (
        ("try/", "moderation_rule_try", try_view),
        ("publish/", "moderation_rule_publish", publish_view),
        ("import/", "moderation_rule_import", import_view),
        ("import/<uuid:upload_id>/", "moderation_rule_import_preview", import_preview_view),
        ("export/", "moderation_rule_export", export_view),
        ("<uuid:rule_id>/revisions/", "moderation_rule_revisions", history_view),
        ("<uuid:rule_id>/revisions/<int:number>/restore/", "moderation_rule_restore", restore_view),
        ("<uuid:rule_id>/revisions/<int:number>/approve/", "moderation_rule_approve", approve_view),
        ("<uuid:rule_id>/move/<slug:state>/", "moderation_rule_move", move_view),
    )
    change_form_outer_before_template = "admin/moderation/_rule_standing.html"
    change_form_before_template = "admin/moderation/_rule_opened.html"
    readonly_fields = ("revision", "author", "updated_at")
    # As of the newest list that was asked for.
    published: Sequence[PublishedRule] = ()
    waiting: frozenset[UUID] = frozenset()
    fieldsets = (
        (None, {"fields": ("slug", ("category", "language"), "state")}),
        (
            _("What it looks for"),
            {
                "fields": (
                    "kind",
                    "words",
                    "allow_phrases",
                    "channels",
                    "max_gap_chars",
                    ("classifier", "label"),
                    ("threshold_controversial", "threshold_unsafe"),
                    ("strictness", "timing"),
                    ("num_hits", "window_s"),
                    "categories",
                    "stages",
                )
            },
        ),
        (
            _("What it does"),
            {
                "fields": (
                    ("action", "severity"),
                    "replacement",
                    ("safe_completion_en", "safe_completion_zh_hans"),
                    ("notice_en", "notice_zh_hans"),
                )
            },
        ),
        (_("History"), {"fields": ("reason", ("revision", "author", "updated_at"))}),
    )

    @property
    def conditional_fields(self) -> dict[str, str]:
        """Unfold asks for it by this name when it draws the form."""
        return conditional_fields()

    @action(description=_("Publish"), url_path="open-publish", permissions=["publish"], icon="publish")
    def open_publish(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_publish")

    @action(description=_("Try it"), url_path="open-try", permissions=["view"], icon="experiment")
    def open_try(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_try")

    @action(description=_("Import a pack"), url_path="open-import", permissions=["change", "add"], icon="upload")
    def open_import(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_import")

    @action(description=_("Export rules"), url_path="open-export", permissions=["change"], icon="download")
    def open_export(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_export")

    @display(description=_("name"), ordering="slug")
    def name(self, row: Rule) -> str:
        """With what it is about and how large it is, so that the list keeps its width for figures."""
        name = format_html('<span class="whitespace-nowrap">{}</span>', row.slug)
        return format_html('{}<span class="{}">{}</span>', name, SUBTLE_LINE, _about(row))

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def state_label(self, row: Rule) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("published"), label=STANDING_COLOURS)
    def standing(self, row: Rule) -> tuple[str, str]:
        key = "approval" if row.id in self.waiting else standing(row, self.published)
        return key, str(STANDINGS[key])

    @display(description=_("kind"), ordering="kind")
    def kind_label(self, row: Rule) -> str:
        return format_html('<span class="whitespace-nowrap">{}</span>', row.get_kind_display())

    @display(description=_("action"), ordering="action", label=ACTION_COLOURS)
    def action_label(self, row: Rule) -> tuple[str, str]:
        return row.action, row.get_action_display()

    @display(description=_("severity"), ordering="severity", label=SEVERITY_COLOURS)
    def severity_label(self, row: Rule) -> tuple[int, str]:
        return row.severity, str(row.severity)

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.published = ruleset_rules()
        self.waiting = frozenset(rules_waiting(in_force=self.published).values_list("id", flat=True))
        return super().changelist_view(request, extra_context)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        """A stored rule keeps its name, and its state is moved by buttons."""
        return (*super().get_readonly_fields(request, obj), *(("slug", "state") if obj else ()))

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        rule = self.get_object(request, object_id) if object_id else None
        about = {"standing": rule_standing(rule, user=request.user)} if rule else {}
        context = {**(extra_context or {}), **about}
        try:
            return super().changeform_view(request, object_id, form_url, context)
        except RuleRevisionOutdated:  # somebody saved after the form had looked: now it sees that, and says so
            return super().changeform_view(request, object_id, form_url, context)

    def history_view(
        self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        return redirect("admin:moderation_rule_revisions", rule_id=object_id)

    def has_publish_permission(self, request: HttpRequest) -> bool:
        # By method: unfold looks a permission's name up in the database, when a new one has no tables yet.
        return request.user.has_perm("moderation.publish_ruleset")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Decisions name the rule for ever: retire it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Rule, form: RuleForm, change: bool) -> None:  # noqa: FBT001
        save = rule_update if change else rule_create
        author = cast("User", request.user)  # the admin lets nobody in who is not signed in
        save(rule=obj, author=author, reason=form.cleaned_data["reason"])


def _about(row: Rule) -> str:
    num_entries = len(lines(row.words))
    category = row.get_category_display()
    return f"{category} · {entries_text(num_entries)}" if num_entries else category


def standing(row: Rule, published: Sequence[PublishedRule]) -> str:
    """How the edited rule stands to the published one: a key of STANDINGS."""
    in_force = {rule.id: rule for rule in published}
    acts = row.state in {RuleState.SHADOW, RuleState.ENFORCING}
    if row.slug not in in_force:
        return "waiting" if acts else "out"
    if not acts:
        return "leaving"
    return "in_force" if in_force[row.slug] == rule_as_published(row) else "changed"
