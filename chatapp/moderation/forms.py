"""The forms of the rule pages. Says every problem of a rule in a sentence; decides none: `rule_problems` does."""

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
from chatapp.moderation.rule import MAX_WORD_SYMBOLS, RuleProblem, rule_problems
from chatapp.moderation.selectors import rule_as_published

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
        row = models.Rule(**{**cleaned, "state": models.RuleLifeCycle.ENFORCING})
        for problem in rule_problems(rule_as_published(row)):
            self.add_error(*problem_error(problem))
        return cleaned


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


class PublishForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        max_length=500,
        widget=UnfoldAdminTextInputWidget,
        help_text=_("One sentence that others will understand in a year."),
    )
