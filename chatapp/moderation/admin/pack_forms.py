"""The forms of the pack pages. Own what a person sends and chooses; read no pack."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminFileFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chatapp.core.errors import DomainError
from chatapp.moderation.choices import ACTION_LABELS, CATEGORY_LABELS, LANGUAGE_LABELS, choices_of
from chatapp.moderation.judging.verdict import Action, Category, Language
from chatapp.moderation.models import Rule
from chatapp.moderation.packs.pack import MAX_PACK_NAME_CHARS, PACK_ACTIONS
from chatapp.moderation.packs.uploads import PackFormat, PackUpload, pack_format_of, pack_text

_NAME = r"^[A-Za-z0-9][A-Za-z0-9-]*$"
_NAME_HELP = _("Letters, digits and hyphens. The names of its rules begin with it.")
_ACTIONS = [(value, label) for value, label in choices_of(ACTION_LABELS) if value in PACK_ACTIONS]


def _name_field(initial: str) -> forms.RegexField:
    return forms.RegexField(
        _NAME,
        label=_("Name of the pack"),
        max_length=MAX_PACK_NAME_CHARS,
        initial=initial,
        widget=UnfoldAdminTextInputWidget,
        help_text=_NAME_HELP,
    )


class PackUploadForm(forms.Form):
    """A file or a text, and what counts where it does not say it itself."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        widget=UnfoldAdminFileFieldWidget,
        help_text=_("JSON, CSV or plain text in UTF-8, at most 5 MB and 100,000 entries."),
    )
    text = forms.CharField(
        label=_("Or paste it"),
        required=False,
        strip=False,
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 6}),
        help_text=_("One phrase a line, a table with a column “phrase”, or a JSON pack. Lines with # do not count."),
    )
    name = _name_field("imported")
    source = forms.CharField(
        label=_("Source"),
        required=False,
        max_length=200,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Where the words come from. It stands in each rule's history."),
    )
    licence = forms.CharField(
        label=_("Licence"),
        required=False,
        max_length=100,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("What allows you to use them."),
    )
    category = forms.ChoiceField(
        label=_("Category"),
        choices=choices_of(CATEGORY_LABELS),
        initial=Category.OTHER.value,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of entries that do not say it."),
    )
    action = forms.ChoiceField(
        label=_("Action"),
        choices=_ACTIONS,
        initial=Action.FLAG.value,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of entries that do not say it."),
    )
    severity = forms.IntegerField(
        label=_("Severity"),
        min_value=1,
        max_value=4,
        initial=2,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Of entries that do not say it. 1 is a nuisance, 4 endangers lives."),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=choices_of(LANGUAGE_LABELS),
        initial=Language.ANY.value,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Of entries that do not say it."),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        file = cleaned.get("file")
        if file is None and not cleaned.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or paste a text."))
        try:
            cleaned["content"] = pack_text(file.read() if file else cleaned["text"].encode("utf-8", "replace"))
        except DomainError as refusal:
            self.add_error("file" if file else "text", refusal.message)
        return cleaned

    def upload(self) -> PackUpload:
        """What was sent; only of a valid form."""
        about: Mapping[str, Any] = self.cleaned_data
        file = about["file"]
        return PackUpload(
            text=about["content"],
            format=pack_format_of(about["content"], file_name=file.name if file else ""),
            name=about["name"],
            source=about["source"],
            licence=about["licence"],
            language=about["language"],
            defaults={name: about[name] for name in ("category", "action", "severity")},
        )


class PackExportForm(forms.Form):
    """Which rules, under which name and in which format."""

    FORMATS = (
        (PackFormat.JSON.value, _("JSON, whole")),
        (PackFormat.CSV.value, _("CSV for a spreadsheet, without notices")),
    )

    name = _name_field("rules")
    format = forms.ChoiceField(
        label=_("Format"),
        choices=FORMATS,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Both can be imported again."),
    )
    rules = forms.ModelMultipleChoiceField(
        label=_("Rules"),
        queryset=Rule.objects.none(),
        to_field_name="slug",
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Keyword lists only; a pack has no place for replacement texts."),
    )

    def __init__(self, *args: Any, exportable: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        rules: Any = self.fields["rules"]
        rules.queryset = exportable
        rules.initial = list(exportable.values_list("slug", flat=True))
