"""
What people read for each word of rules, in the order in which they choose. Knows no rule: what a word means stands in
`judging`.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from django.db import models
from django.utils.translation import gettext_lazy as _

from chatapp.moderation.judging.verdict import Action, Category, Channel, Language, RuleKind, RuleState, Stage

if TYPE_CHECKING:
    from django_stubs_ext import StrOrPromise

    Labels = Mapping[str, StrOrPromise]

KIND_LABELS: "Labels" = {
    RuleKind.KEYWORD: _("keyword list"),
    RuleKind.PHRASE: _("phrase with gaps"),
    RuleKind.REGEX: _("regular expression"),
    RuleKind.PERSONAL_DATA: _("personal data"),
    RuleKind.URL: _("URLs and domains"),
    RuleKind.HIDDEN_UNICODE: _("hidden characters"),
    RuleKind.CLASSIFIER: _("classifier"),
    RuleKind.CONDUCT: _("conduct"),
    RuleKind.SYSTEM_PROMPT: _("system prompt"),
    RuleKind.SIMILARITY: _("similarity to examples"),
    RuleKind.JUDGE: _("judge by principles"),
}
CHANNEL_LABELS: "Labels" = {
    Channel.STRICT: _("as written"),
    Channel.SKIP: _("separators between letters"),
    Channel.LEET: _("digits and signs for letters"),
    Channel.PINYIN: _("by sound (pinyin)"),
    Channel.FUZZY: _("one slip in a word"),
    Channel.COMPONENTS: _("characters taken apart"),
    Channel.INITIALS: _("pinyin initials"),
    Channel.EMOJI: _("emoji for words"),
    Channel.ENCODED: _("encoded text"),
}
CATEGORY_LABELS: "Labels" = {
    Category.VIOLENCE: _("violence"),
    Category.WEAPONS: _("weapons"),
    Category.SELF_HARM: _("self-harm"),
    Category.HATE: _("hate"),
    Category.SEXUAL: _("sexual content"),
    Category.SEXUAL_MINORS: _("sexual content with minors"),
    Category.FRAUD: _("fraud"),
    Category.PERSONAL_DATA: _("personal data"),
    Category.INJECTION: _("prompt injection"),
    Category.OTHER: _("other"),
}
# Those that a rule may ask for.
ACTION_LABELS: "Labels" = {
    Action.FLAG: _("flag"),
    Action.WARN: _("warn"),
    Action.REVIEW: _("review"),
    Action.REDACT: _("redact"),
    Action.REPLACE: _("replace"),
    Action.SAFE_COMPLETION: _("safe answer"),
    Action.BLOCK: _("block"),
    Action.THROTTLE: _("throttle"),
}
STATE_LABELS: "Labels" = {
    RuleState.DRAFT: _("draft"),
    RuleState.SHADOW: _("shadow"),
    RuleState.ENFORCING: _("enforcing"),
    RuleState.RETIRED: _("retired"),
}
STAGE_LABELS: "Labels" = {
    Stage.INPUT: _("input"),
    Stage.TEMPLATE: _("template"),
    Stage.ATTACHMENT: _("attachment"),
    Stage.OUTPUT: _("output"),
    Stage.TITLE: _("title"),
}
LANGUAGE_LABELS: "Labels" = {
    Language.ANY: _("any"),
    Language.ENGLISH: "English",
    Language.SIMPLIFIED_CHINESE: "简体中文",
}


def choices_of(labels: "Labels") -> "list[tuple[str, StrOrPromise]]":
    return [(str(word), label) for word, label in labels.items()]


def words_of(labels: "Labels") -> list[str]:
    return list(map(str, labels))


class Hurdle(models.TextChoices):
    """What an administrator may publish in spite of."""

    APPROVAL = "approval", _("without a second person")
    ADVICE = "advice", _("in spite of a dry run")


def default_channels() -> list[str]:
    return [Channel.STRICT.value]
