"""The two small forms of a case's page."""

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import UnfoldAdminTextInputWidget

from chatapp.core.limits import MAX_REASON_CHARS
from chatapp.review.cases.exceptions import MAX_PHRASE_CHARS


class ResolveForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARS,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("For other reviewers; the person does not see it."),
    )


class ExceptionForm(forms.Form):
    phrase = forms.CharField(
        label=_("Phrase"),
        max_length=MAX_PHRASE_CHARS,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("A harmless phrase that contains one of the rule’s words. Inside it the rule will not match."),
    )
