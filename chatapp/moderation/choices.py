"""
The words of rules as the database stores them, each with what people read for it.

Knows no rule: what a word means stands in `judging`.
"""

from django.db import models
from django.utils.translation import gettext_lazy as _


class RuleKind(models.TextChoices):
    KEYWORD = "keyword", _("keyword list")
    PHRASE = "phrase", _("phrase with gaps")
    REGEX = "regex", _("regular expression")
    PERSONAL_DATA = "personal_data", _("personal data")
    URL = "url", _("URLs and domains")
    HIDDEN_UNICODE = "hidden_unicode", _("hidden characters")
    CLASSIFIER = "classifier", _("classifier")
    CONDUCT = "conduct", _("conduct")
    SYSTEM_PROMPT = "system_prompt", _("system prompt")
    SIMILARITY = "similarity", _("similarity to examples")
    JUDGE = "judge", _("judge by principles")


class RuleChannel(models.TextChoices):
    """How keywords are seen through disguise; the words are those of `detecting.Channel`."""

    STRICT = "strict", _("as written")
    SKIP = "skip", _("separators between letters")
    LEET = "leet", _("digits and signs for letters")
    PINYIN = "pinyin", _("by sound (pinyin)")
    FUZZY = "fuzzy", _("one slip in a word")
    COMPONENTS = "components", _("characters taken apart")
    INITIALS = "initials", _("pinyin initials")
    EMOJI = "emoji", _("emoji for words")
    ENCODED = "encoded", _("encoded text")


class RuleCategory(models.TextChoices):
    VIOLENCE = "violence", _("violence")
    WEAPONS = "weapons", _("weapons")
    SELF_HARM = "self_harm", _("self-harm")
    HATE = "hate", _("hate")
    SEXUAL = "sexual", _("sexual content")
    SEXUAL_MINORS = "sexual_minors", _("sexual content with minors")
    FRAUD = "fraud", _("fraud")
    PERSONAL_DATA = "personal_data", _("personal data")
    INJECTION = "injection", _("prompt injection")
    OTHER = "other", _("other")


class RuleAction(models.TextChoices):
    """The actions that are enforced today, weakest first; the words are those of `verdict.Action`."""

    FLAG = "flag", _("flag")
    WARN = "warn", _("warn")
    REVIEW = "review", _("review")
    REDACT = "redact", _("redact")
    REPLACE = "replace", _("replace")
    SAFE_COMPLETION = "safe_completion", _("safe answer")
    BLOCK = "block", _("block")
    THROTTLE = "throttle", _("throttle")


class RuleLifeCycle(models.TextChoices):
    """Where a rule stands; the words are those of `verdict.RuleState`."""

    DRAFT = "draft", _("draft")
    SHADOW = "shadow", _("shadow")
    ENFORCING = "enforcing", _("enforcing")
    RETIRED = "retired", _("retired")


class RuleStage(models.TextChoices):
    """Where a rule looks; the words are those of `verdict.Stage`."""

    INPUT = "input", _("input")
    TEMPLATE = "template", _("template")
    ATTACHMENT = "attachment", _("attachment")
    OUTPUT = "output", _("output")
    TITLE = "title", _("title")


class RuleLanguage(models.TextChoices):
    ANY = "any", _("any")
    ENGLISH = "en", "English"
    SIMPLIFIED_CHINESE = "zh-hans", "简体中文"


class Hurdle(models.TextChoices):
    """What an administrator may publish in spite of."""

    APPROVAL = "approval", _("without a second person")
    ADVICE = "advice", _("in spite of a dry run")


def default_channels() -> list[str]:
    return [RuleChannel.STRICT.value]
