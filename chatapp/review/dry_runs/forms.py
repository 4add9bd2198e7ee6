"""The form that asks for a dry run."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget

from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.models import Rule
from chatapp.review.dry_runs.models import DryRunScope
from chatapp.review.dry_runs.services import DEFAULT_DAYS

MAX_DAYS, MAX_MESSAGES = 3650, 10_000_000


class DryRunForm(forms.Form):
    scope = forms.ChoiceField(
        label=_("Rules"),
        choices=DryRunScope,
        widget=UnfoldAdminSelectWidget,
        help_text=_("As they are edited now: what you change later does not change the answer."),
    )
    rule_slug = forms.ChoiceField(
        label=_("Rule"),
        required=False,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Only where one rule is run. Retired rules are left out."),
    )
    num_days = forms.IntegerField(
        label=_("Days"),
        required=False,
        min_value=1,
        max_value=MAX_DAYS,
        initial=DEFAULT_DAYS,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Messages of the last so many days."),
    )
    max_messages = forms.IntegerField(
        label=_("Messages at most"),
        required=False,
        min_value=1,
        max_value=MAX_MESSAGES,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("The newest so many. Empty: all of those days."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        slugs = Rule.objects.exclude(state=RuleState.RETIRED).values_list("slug", flat=True)
        field = self.fields["rule_slug"]
        if isinstance(field, forms.ChoiceField):
            field.choices = [("", "–"), *((slug, slug) for slug in slugs)]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("scope") == DryRunScope.RULE and not cleaned.get("rule_slug"):
            self.add_error("rule_slug", _("Choose the rule."))
        if "scope" in cleaned:
            cleaned["scope"] = DryRunScope(cleaned["scope"])
        return cleaned
