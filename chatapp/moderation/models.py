"""
Rules as people edit them, their history, and rulesets as they were published.

A rule may change at any time and changes nothing by that; each change is a revision. A published ruleset never changes,
nor does a revision or an approval (triggers of migrations 0002 and 0006).
"""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_REASON_CHARS
from chatapp.moderation.choices import (
    ACTION_LABELS,
    CATEGORY_LABELS,
    KIND_LABELS,
    LANGUAGE_LABELS,
    STATE_LABELS,
    choices_of,
    default_channels,
    words_of,
)
from chatapp.moderation.judging.verdict import Action, Language, RuleKind, RuleState


class Rule(models.Model):
    """A rule as it is being edited. It counts when a ruleset with it is published, and as it was at that time."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(
        _("name"),
        unique=True,
        help_text=_("Names the rule in decisions and never changes. Letters, digits and hyphens."),
    )
    kind = models.CharField(
        _("kind"),
        max_length=16,
        choices=choices_of(KIND_LABELS),
        default=RuleKind.KEYWORD.value,
        help_text=_("What the entries are, and how they are found."),
    )
    channels = models.JSONField(
        _("channels"),
        default=default_channels,
        help_text=_(
            "Keywords only: which disguises are seen through. Each costs some false alarms: try it, and run it over "
            "past conversations first. The last five look at whole texts, so in answers they can only flag."
        ),
    )
    options = models.JSONField(_("options"), default=dict, blank=True, editable=False)
    category = models.CharField(
        _("category"),
        max_length=16,
        choices=choices_of(CATEGORY_LABELS),
        help_text=_("What the rule is about. People are told the category, never the words."),
    )
    severity = models.PositiveSmallIntegerField(
        _("severity"),
        default=2,
        validators=[MinValueValidator(1), MaxValueValidator(4)],
        help_text=_("1 is a nuisance, 4 endangers lives. Of two rules that ask for the same, the graver one decides."),
    )
    action = models.CharField(
        _("action"),
        max_length=16,
        choices=choices_of(ACTION_LABELS),
        default=Action.FLAG.value,
        help_text=_(
            "Flag and review only put it on record. Warn shows your notice beside the text. Redact masks the words, "
            "replace puts your text in their place, safe answer gives yours instead of the model's, block ends the "
            "message there. Throttle is for conduct: further messages have to wait."
        ),
    )
    stages = models.JSONField(
        _("stages"),
        default=list,
        help_text=_("Where the rule looks: what people write, prompt templates, attachments, answers, titles."),
    )
    state = models.CharField(
        _("state"),
        max_length=16,
        choices=choices_of(STATE_LABELS),
        default=RuleState.DRAFT.value,
        help_text=_(
            "A draft does nothing. A shadow rule puts on record what it would have done. An enforcing rule acts. "
            "Each takes effect when you publish."
        ),
    )
    language = models.CharField(
        _("language"),
        max_length=8,
        choices=choices_of(LANGUAGE_LABELS),
        default=Language.ANY.value,
        help_text=_("The language of the words, to find your way in the list. Every text is compared with every rule."),
    )
    words = models.TextField(
        _("entries"),
        blank=True,
        help_text=_(
            "One a line. Keywords: case, accents, full width, invisible characters, look-alikes and traditional "
            "Chinese do not matter; a Latin word counts only where it stands alone. Phrases with gaps: … between the "
            "words. Regular expressions: RE2's syntax, no look-around. Personal data: email, phone, cn_id, bank_card, "
            "iban, ip, us_ssn, api_key. Domains: example.org, or * for all but the exceptions. Similarity: examples of "
            "what is meant. Judge: principles. Others need none."
        ),
    )
    allow_phrases = models.TextField(
        _("allow phrases"),
        blank=True,
        help_text=_("One a line. A match inside such a phrase does not count: 路口交通 for a rule with 口交."),
    )
    replacement = models.CharField(
        _("replacement"),
        max_length=200,
        blank=True,
        help_text=_("Only for replace: what stands in the place of the words."),
    )
    notice_en = models.TextField(
        _("notice in English"),
        max_length=500,
        blank=True,
        help_text=_("What the person reads when the rule acts. Empty: a general sentence."),
    )
    notice_zh_hans = models.TextField(
        _("notice in Chinese"), max_length=500, blank=True, help_text=_("The same for people who read Chinese.")
    )
    safe_completion_en = models.TextField(
        _("safe answer in English"),
        max_length=2000,
        blank=True,
        help_text=_(
            "Only for safe answer: what the person reads instead of the model's words, help lines for example, in "
            "Markdown."
        ),
    )
    safe_completion_zh_hans = models.TextField(
        _("safe answer in Chinese"),
        max_length=2000,
        blank=True,
        help_text=_("The same for people who read Chinese. If one is empty, everybody reads the other."),
    )
    revision = models.PositiveIntegerField(_("revision"), default=1, editable=False)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        editable=False,
        verbose_name=_("last changed by"),
    )
    updated_at = models.DateTimeField(_("last changed"), default=clock.now, editable=False)

    class Meta:
        verbose_name = _("rule")
        verbose_name_plural = _("rules")
        ordering: ClassVar[list[str]] = ["slug"]
        default_permissions = ("add", "change", "view")
        permissions = (("approve_rule", "Can approve a rule"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(kind__in=words_of(KIND_LABELS)), name="rule_kind"),
            models.CheckConstraint(condition=Q(category__in=words_of(CATEGORY_LABELS)), name="rule_category"),
            models.CheckConstraint(condition=Q(action__in=words_of(ACTION_LABELS)), name="rule_action"),
            models.CheckConstraint(condition=Q(state__in=words_of(STATE_LABELS)), name="rule_state"),
            models.CheckConstraint(condition=Q(language__in=words_of(LANGUAGE_LABELS)), name="rule_language"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="rule_severity"),
            models.CheckConstraint(condition=Q(revision__gte=1), name="rule_revision"),
        ]

    def __str__(self) -> str:
        return self.slug


class RuleRevision(models.Model):
    """The rule as it was after one change, whole, and who answers for it. Only ever added to."""

    rule = models.ForeignKey(Rule, on_delete=models.PROTECT, related_name="revisions", verbose_name=_("rule"))
    number = models.PositiveIntegerField(_("revision"))
    snapshot = models.JSONField(_("rule"))
    reason = models.CharField(_("reason"), max_length=MAX_REASON_CHARS, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("changed by")
    )
    created_at = models.DateTimeField(_("changed"), default=clock.now)

    class Meta:
        verbose_name = _("revision")
        verbose_name_plural = _("revisions")
        ordering: ClassVar[list[str]] = ["rule", "-number"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["rule", "number"], name="rule_revision_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="rule_revision_number"),
        ]

    def __str__(self) -> str:
        return str(self.number)


class RuleApproval(models.Model):
    """A second person stands by one revision of a rule: never its author (trigger of migration 0006)."""

    revision = models.OneToOneField(
        RuleRevision, on_delete=models.PROTECT, related_name="approval", verbose_name=_("revision")
    )
    approver = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+", verbose_name=_("approved by")
    )
    approved_at = models.DateTimeField(_("approved"), default=clock.now)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        default_permissions = ()

    def __str__(self) -> str:
        return str(self.revision)


class Ruleset(models.Model):
    """One published version: canonical JSON of all rules in force, and who answers for it."""

    version = models.PositiveIntegerField(_("version"), primary_key=True)
    payload = models.TextField(_("rules"))
    sha256 = models.CharField(_("digest"), max_length=64)
    reason = models.CharField(_("reason"), max_length=MAX_REASON_CHARS)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("published by"),
    )
    published_at = models.DateTimeField(_("published"), default=clock.now)
    restored_version = models.PositiveIntegerField(
        _("restored version"), null=True, help_text=_("The version whose rules were put back into force.")
    )
    override_reason = models.CharField(
        _("reason for the override"),
        max_length=MAX_REASON_CHARS,
        blank=True,
        help_text=_("Why an administrator published in spite of what spoke against it."),
    )
    overridden = models.JSONField(
        _("override"), default=list, help_text=_("What spoke against it. Older rulesets do not say.")
    )

    class Meta:
        verbose_name = _("ruleset")
        verbose_name_plural = _("rulesets")
        ordering: ClassVar[list[str]] = ["-version"]
        default_permissions = ("view",)
        permissions = (("publish_ruleset", "Can publish a ruleset"),)
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(version__gte=1), name="ruleset_version"),
            models.CheckConstraint(condition=~Q(reason=""), name="ruleset_has_reason"),
        ]

    def __str__(self) -> str:
        return str(self.version)


class RulesetBuild(models.Model):
    """
    What the default worker compiled of one version, for the other processes to load: a cache, not a record.

    format: of `builds.py`; a process that reads another format compiles for itself.
    """

    version = models.PositiveIntegerField()
    format = models.PositiveSmallIntegerField()
    payload = models.BinaryField()
    sha256 = models.CharField(max_length=64)
    num_bytes = models.PositiveIntegerField()
    built_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["version", "format"], name="ruleset_build_once"),
        ]

    def __str__(self) -> str:
        return f"{self.version} ({self.format})"
