"""The form of a rule. Says every problem of a rule in a sentence; decides none: `rule_problems` does."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminDecimalFieldWidget,
    UnfoldAdminIntegerFieldWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextInputWidget,
)

from chatapp.core.limits import MAX_REASON_CHARS
from chatapp.moderation import choices, models
from chatapp.moderation.admin.kind_fields import (
    allow_help,
    channel_choices,
    classifier_choices,
    classifier_help,
    entry_help,
    stage_choices,
    threshold_help,
)
from chatapp.moderation.admin.meanwhile import changed_meanwhile
from chatapp.moderation.admin.problem_sentences import problem_error
from chatapp.moderation.choices import CATEGORY_LABELS, CHANNEL_LABELS, STAGE_LABELS, choices_of, words_of
from chatapp.moderation.judging.classifiers.types import Strictness, Timing
from chatapp.moderation.judging.expressions.regex_syntax import MAX_GAP_CHARS
from chatapp.moderation.judging.rulesets.rule import RuleOptions
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import Channel, RuleState
from chatapp.moderation.offer import offer_current
from chatapp.moderation.rules.life_cycle import needs_reason
from chatapp.moderation.rules.published import rule_as_published

OPTION_FIELDS = (
    "max_gap_chars", "classifier", "label", "threshold_controversial", "threshold_unsafe", "strictness", "timing",
    "num_hits", "window_s", "categories",
)  # fmt: skip


STRICTNESSES = (
    (Strictness.LOOSE, _("loose: only what is unsafe")),
    (Strictness.STRICT, _("strict: what is controversial too")),
)


TIMINGS = (
    (Timing.GATE, _("gate: a sentence waits for its verdict")),
    (Timing.TRAIL, _("trail: the verdict comes behind the sentence")),
)


# Of the boxes for text: a list of words is long, a notice is a sentence.
_ROWS_BY_FIELD = {"words": 10, "allow_phrases": 3, "notice_en": 2, "notice_zh_hans": 2}


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    # What the person read when they began to write; the page carries it.
    opened_revision = forms.IntegerField(required=False, widget=forms.HiddenInput)
    stages = forms.MultipleChoiceField(
        label=_("Stages"),
        choices=choices_of(STAGE_LABELS),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=models.Rule._meta.get_field("stages").help_text,  # noqa: SLF001 -- Django's public name for it
    )

    reason = forms.CharField(
        label=_("Reason for the change"),
        max_length=MAX_REASON_CHARS,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Others read it in the rule's history. Needed when the rule is in force or is to be."),
    )

    channels = forms.MultipleChoiceField(
        required=False,
        label=_("Channels"),
        choices=choices_of(CHANNEL_LABELS),
        initial=choices.default_channels,
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=models.Rule._meta.get_field("channels").help_text,  # noqa: SLF001 -- likewise
    )
    max_gap_chars = forms.IntegerField(
        required=False,
        label=_("Greatest gap"),
        min_value=0,
        max_value=MAX_GAP_CHARS,
        initial=RuleOptions().max_gap_chars,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Characters that may stand between two words of a phrase."),
    )
    classifier = forms.ChoiceField(
        required=False,
        label=_("Classifier"),
        choices=classifier_choices,
        initial=RuleOptions().classifier,
        widget=UnfoldAdminSelectWidget,
    )
    label = forms.CharField(
        required=False,
        label=_("Label"),
        max_length=64,
        initial=RuleOptions().label,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Which of its scores counts; “offensive” for the one that comes along."),
    )
    threshold_controversial = forms.FloatField(
        required=False,
        label=_("Controversial from"),
        initial=RuleOptions().threshold_controversial,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    threshold_unsafe = forms.FloatField(
        required=False,
        label=_("Unsafe from"),
        initial=RuleOptions().threshold_unsafe,
        widget=UnfoldAdminDecimalFieldWidget,
    )
    strictness = forms.ChoiceField(
        required=False,
        label=_("Strictness"),
        choices=STRICTNESSES,
        initial=RuleOptions().strictness,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Whether the lower threshold is enough."),
    )
    timing = forms.ChoiceField(
        required=False,
        label=_("Timing"),
        choices=TIMINGS,
        initial=RuleOptions().timing,
        widget=UnfoldAdminSelectWidget,
        help_text=_("With trail a reader sees a sentence before it is judged."),
    )

    num_hits = forms.IntegerField(
        required=False,
        label=_("Hits"),
        initial=RuleOptions().num_hits,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Conduct only: from so many hits at the chosen stages on, further messages wait."),
    )
    window_s = forms.IntegerField(
        required=False,
        label=_("Within seconds"),
        initial=RuleOptions().window_s,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text=_("Conduct only: hits that are older do not count, so a pause ends by itself."),
    )
    categories = forms.MultipleChoiceField(
        required=False,
        label=_("About"),
        choices=choices_of(CATEGORY_LABELS),
        widget=UnfoldAdminCheckboxSelectMultipleWidget,
        help_text=_("Conduct only: hits of which categories count. None chosen: of all."),
    )

    class Meta:
        model = models.Rule
        fields = (
            "slug", "kind", "category", "language", "state", "severity", "action", "stages", "words", "allow_phrases",
            "channels", "replacement", "safe_completion_en", "safe_completion_zh_hans", "notice_en", "notice_zh_hans",
        )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, num_rows in _ROWS_BY_FIELD.items():
            if name in self.fields:
                self.fields[name].widget.attrs["rows"] = num_rows
        # Who may only look has a form without these.
        if "words" in self.fields:
            self.fields["words"].help_text = entry_help()
            self.fields["allow_phrases"].help_text = allow_help()
        self.fields["classifier"].help_text = classifier_help()
        for name in ("threshold_controversial", "threshold_unsafe"):
            self.fields[name].help_text = threshold_help()
        self.initial["opened_revision"] = self.instance.revision
        channels: Any = self.fields["channels"]
        channels.choices = channel_choices()
        stages: Any = self.fields["stages"]
        stages.choices = stage_choices()
        for name, value in RuleOptions.from_json(self.instance.options).to_json().items():
            if name in OPTION_FIELDS:
                self.initial[name] = value

    def clean_channels(self) -> list[str]:
        """As written a keyword is always seen."""
        chosen = {Channel.STRICT.value, *self.cleaned_data["channels"]}
        return [channel for channel in words_of(CHANNEL_LABELS) if channel in chosen]

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        self._opened_check(cleaned.pop("opened_revision", None))
        if self.errors:
            return cleaned
        self._reason_check(cleaned)
        self.instance.options = RuleOptions.from_json(
            {name: cleaned[name] for name in OPTION_FIELDS if cleaned[name] not in (None, "")}  # empty: the usual
        ).to_json()
        content = {name: value for name, value in cleaned.items() if name not in {"reason", *OPTION_FIELDS}}
        row = models.Rule(**{**content, "state": RuleState.ENFORCING, "options": self.instance.options})
        for problem in rule_problems(rule_as_published(row), offer=offer_current()):
            self.add_error(*problem_error(problem))
        return cleaned

    def _opened_check(self, opened_revision: int | None) -> None:
        """Who opened an older revision is told what became of it; saving once more is then meant."""
        newest = self.instance.revision
        if self.instance._state.adding or opened_revision == newest:  # noqa: SLF001 -- Django's public name for it
            return
        meanwhile = changed_meanwhile(rule_id=self.instance.id, opened_revision=opened_revision or 0)
        sent = cast("QueryDict", self.data).copy()
        sent["opened_revision"] = str(newest)
        self.data = sent
        advice = _("Nothing is stored yet, and what you wrote still stands here. Saved once more, it replaces theirs.")
        self.add_error(None, meanwhile.told(str(advice)))

    def _reason_check(self, cleaned: Mapping[str, Any]) -> None:
        """A stored rule keeps its state here: buttons move it."""
        before = RuleState(self.instance.state)
        after = RuleState(cleaned.get("state", before))
        if needs_reason(before=before, after=after) and not cleaned["reason"].strip():
            self.add_error("reason", _("Say why: the rule is in force, or is to be, and others read its history."))
