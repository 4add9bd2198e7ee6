"""The forms of the rule pages. Says every problem of a rule in a sentence; decides none: `rule_problems` does."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from unfold.widgets import (
    UnfoldAdminCheckboxSelectMultipleWidget,
    UnfoldAdminSelectWidget,
    UnfoldAdminTextareaWidget,
    UnfoldAdminTextInputWidget,
)

from chatapp.core.limits import MAX_TEXT_CHARS
from chatapp.moderation import models
from chatapp.moderation.life_cycle import needs_reason
from chatapp.moderation.rule import MAX_WORD_SYMBOLS, RuleProblem, rule_problems
from chatapp.moderation.selectors import rule_as_published
from chatapp.moderation.verdict import RuleState

MAX_REASON_CHARS = 500  # the column's

# By problem code: the field it is about, and what to do. A code without a sentence fails a test.
SENTENCES = {
    "action_unsupported": ("action", _("This action is not available yet.")),
    "severity_out_of_range": ("severity", _("Severity goes from 1 to 4.")),
    "stages_missing": ("stages", _("Choose at least one stage, or the rule never looks at anything.")),
    "words_missing": ("words", _("Give at least one word.")),
    "word_blank": ("words", _("“%(phrase)s” has no visible character.")),
    "word_too_long": (
        "words",
        _("“%(phrase)s” is too long: at most %(limit)d characters, because the stream waits for a word to end."),
    ),
    "word_too_short_to_block": (
        "words",
        _("“%(phrase)s” is a single character: blocking it would end harmless messages. Use a longer phrase or flag."),
    ),
    "word_repeated": ("words", _("“%(phrase)s” is there already, perhaps in another spelling of the same letters.")),
    "allow_cancels_word": ("allow_phrases", _("“%(phrase)s” is one of the words: the word could never match.")),
    "allow_without_word": ("allow_phrases", _("“%(phrase)s” contains none of the words, so it does nothing.")),
    "replacement_missing": ("replacement", _("Replace needs a text to put in the place of the words.")),
    "replacement_contains_word": ("replacement", _("The replacement contains the word “%(phrase)s”.")),
}


def problem_error(problem: RuleProblem) -> tuple[str, ValidationError]:
    """The field, and the sentence for a person."""
    field, sentence = SENTENCES[problem.code]
    params = {"phrase": problem.phrase, "limit": MAX_WORD_SYMBOLS}
    return field, ValidationError(sentence, code=problem.code, params=params)


class RuleForm(forms.ModelForm):  # type: ignore[type-arg]  # generic for the type checker only
    stages = forms.MultipleChoiceField(
        label=_("Stages"),
        choices=models.RuleStage,
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

    class Meta:
        model = models.Rule
        fields = (
            "slug", "category", "language", "state", "severity", "action", "stages", "words", "allow_phrases",
            "replacement", "notice_en", "notice_zh_hans",
        )  # fmt: skip

    def clean(self) -> dict[str, Any] | None:
        cleaned = super().clean() or {}
        if self.errors:
            return cleaned
        self._reason_check(cleaned)
        content = {name: value for name, value in cleaned.items() if name != "reason"}
        row = models.Rule(**{**content, "state": models.RuleLifeCycle.ENFORCING})
        for problem in rule_problems(rule_as_published(row)):
            self.add_error(*problem_error(problem))
        return cleaned

    def _reason_check(self, cleaned: Mapping[str, Any]) -> None:
        """A stored rule keeps its state here: buttons move it."""
        before = RuleState(self.instance.state)
        after = RuleState(cleaned.get("state", before))
        if needs_reason(before=before, after=after) and not cleaned["reason"].strip():
            self.add_error("reason", _("Say why: the rule is in force, or is to be, and others read its history."))


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
        choices=models.RuleStage,
        widget=UnfoldAdminSelectWidget,
        help_text=_("Which rules look at it depends on where it would stand."),
    )
    rules = forms.ChoiceField(
        label=_("Rules"),
        choices=RULES,
        widget=UnfoldAdminSelectWidget,
        help_text=_("What is in force, or what you are working on."),
    )


class ReasonForm(forms.Form):
    """Why a person does what the page asks about."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARS,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence that others will understand in a year."),
    )


class OptionalReasonForm(ReasonForm):
    """For what is not in force: there the reason is a courtesy."""

    reason = forms.CharField(
        label=_("Reason"),
        max_length=MAX_REASON_CHARS,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence that others will understand in a year."),
    )


class PublishOverrideForm(ReasonForm):
    """For an administrator, while rules wait for the second person."""

    override_reason = forms.CharField(
        label=_("Publish without the second person"),
        max_length=MAX_REASON_CHARS,
        required=False,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("Only if it cannot wait. Say why: it stands on the ruleset for ever."),
    )
