"""The small forms beside a rule's own: a text to try, a reason, an override."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chatapp.core.limits import MAX_REASON_CHARS, MAX_TEXT_CHARS
from chatapp.moderation.choices import STAGE_LABELS, choices_of


class TryForm(forms.Form):
    """A text to judge, and by which rules."""

    PUBLISHED, EDITED = "published", "edited"
    RULES = ((PUBLISHED, _("as published")), (EDITED, _("as edited, drafts included")))

    text = forms.CharField(
        label=_("Text"),
        max_length=MAX_TEXT_CHARS,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("It is judged and forgotten: nothing is stored."),
    )
    stage = forms.ChoiceField(
        label=_("Stage"),
        choices=choices_of(STAGE_LABELS),
        widget=UnfoldAdminSelectWidget,
        help_text=_("Which rules look at it depends on where it would stand."),
    )
    rules = forms.ChoiceField(
        label=_("Rules"),
        choices=RULES,
        widget=UnfoldAdminSelectWidget,
        help_text=_("What is in force, or what you are working on."),
    )


def _reason_field(*, required: bool) -> forms.CharField:
    return forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARS,
        required=required,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence that others will understand in a year."),
    )


class ReasonForm(forms.Form):
    """Why a person does what the page asks about."""

    reason = _reason_field(required=True)


class OptionalReasonForm(ReasonForm):
    """For what is not in force: there the reason is a courtesy."""

    reason = _reason_field(required=False)


class PublishOverrideForm(ReasonForm):
    """For an administrator, while something speaks against publishing."""

    override_reason = forms.CharField(
        label=_("Publish in spite of that"),
        max_length=MAX_REASON_CHARS,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only if it cannot wait. Say why: it stands on the ruleset for ever."),
    )
