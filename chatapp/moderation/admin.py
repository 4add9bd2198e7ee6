"""The pages on which people keep rules: edit, try, publish, look back."""


# mypy: disallow-subclassing-any=False, disallow-untyped-decorators=False, warn-return-any=False
# (unfold is published without types)

from typing import Any, cast

from django.contrib import admin
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin
from unfold.decorators import action, display

from chatapp.accounts.models import User
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS, STANDING_COLOURS, STATE_COLOURS
from chatapp.moderation.errors import RulesetMissing
from chatapp.moderation.forms import RuleForm
from chatapp.moderation.models import Rule, RuleLifeCycle, Ruleset
from chatapp.moderation.ruleset import Ruleset as PublishedRuleset
from chatapp.moderation.selectors import lines, rule_as_published, ruleset_current
from chatapp.moderation.services import rule_create, rule_update
from chatapp.moderation.views import publish_view, try_view

STANDINGS = {
    "in_force": _("as published"),
    "changed": _("changed since"),
    "waiting": _("not published yet"),
    "leaving": _("still in force"),
    "out": "–",
}


@admin.register(Rule)
class RuleAdmin(ModelAdmin):
    form = RuleForm
    list_display: tuple[str, ...] = (
        "slug",
        "state_label",
        "standing",
        "action_label",
        "severity_label",
        "category",
        "num_words",
    )
    list_filter = ("state", "action", "severity", "category", "language")
    search_fields = ("slug", "words", "allow_phrases")
    actions = None
    actions_list = ("open_publish", "open_try")
    custom_urls = (
        ("try/", "moderation_rule_try", try_view),
        ("publish/", "moderation_rule_publish", publish_view),
    )
    readonly_fields = ("revision", "author", "updated_at")
    published: PublishedRuleset | None = None  # as of the newest list that was asked for
    fieldsets = (
        (None, {"fields": ("slug", ("category", "language"), "state")}),
        (_("What it looks for"), {"fields": ("words", "allow_phrases", "stages")}),
        (_("What it does"), {"fields": (("action", "severity"), "replacement", "notice_en", "notice_zh_hans")}),
        (_("History"), {"fields": (("revision", "author", "updated_at"),)}),
    )

    @action(description=_("Publish"), url_path="open-publish", permissions=["publish"], icon="publish")
    def open_publish(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_publish")

    @action(description=_("Try it"), url_path="open-try", permissions=["view"], icon="experiment")
    def open_try(self, _request: HttpRequest) -> HttpResponse:
        return redirect("admin:moderation_rule_try")

    @display(description=_("state"), ordering="state", label=STATE_COLOURS)
    def state_label(self, row: Rule) -> tuple[str, str]:
        return row.state, row.get_state_display()

    @display(description=_("published"), label=STANDING_COLOURS)
    def standing(self, row: Rule) -> tuple[str, str]:
        key = standing(row, self.published)
        return key, str(STANDINGS[key])

    @display(description=_("action"), ordering="action", label=ACTION_COLOURS)
    def action_label(self, row: Rule) -> tuple[str, str]:
        return row.action, row.get_action_display()

    @display(description=_("severity"), ordering="severity", label=SEVERITY_COLOURS)
    def severity_label(self, row: Rule) -> tuple[int, str]:
        return row.severity, str(row.severity)

    @display(description=_("words"))
    def num_words(self, row: Rule) -> int:
        return len(lines(row.words))

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        self.published = _published_or_none()
        return super().changelist_view(request, extra_context)

    def get_readonly_fields(self, request: HttpRequest, obj: Model | None = None) -> tuple[str, ...]:
        return (*super().get_readonly_fields(request, obj), *(("slug",) if obj else ()))

    def has_publish_permission(self, request: HttpRequest) -> bool:
        # By method: unfold looks a permission's name up in the database, when a new one has no tables yet.
        return request.user.has_perm("moderation.publish_ruleset")

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        """Decisions name the rule for ever: retire it instead."""
        return False

    def save_model(self, request: HttpRequest, obj: Rule, form: RuleForm, change: bool) -> None:  # noqa: FBT001
        save = rule_update if change else rule_create
        save(rule=obj, author=cast("User", request.user))  # the admin lets nobody in who is not signed in


def standing(row: Rule, published: PublishedRuleset | None) -> str:
    """How the edited rule stands to the published one: a key of STANDINGS."""
    in_force = {rule.id: rule for rule in published.rules} if published else {}
    acts = row.state in {RuleLifeCycle.SHADOW, RuleLifeCycle.ENFORCING}
    if row.slug not in in_force:
        return "waiting" if acts else "out"
    if not acts:
        return "leaving"
    return "in_force" if in_force[row.slug] == rule_as_published(row) else "changed"


def _published_or_none() -> PublishedRuleset | None:
    try:
        return ruleset_current()
    except RulesetMissing:
        return None


@admin.register(Ruleset)
class RulesetAdmin(ModelAdmin):
    list_display = ("version", "published_at", "published_by", "reason", "num_rules")
    list_select_related = ("published_by",)
    fields = ("version", "published_at", "published_by", "reason", "sha256", "payload")
    actions = None

    @display(description=_("rules"))
    def num_rules(self, row: Ruleset) -> int:
        return len(PublishedRuleset.from_json(row.payload).rules)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False
