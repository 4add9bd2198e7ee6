"""
What was decided, kept for whoever answers for it.

A decision is never changed or deleted (triggers of migration 0002) and outlives conversation, owner and evidence: it
names them by id only. The withheld text itself stands apart, encrypted, and may be erased without breaking the chain.
A second look at a decision is a case; readings and outcomes are as unchangeable as decisions (migration 0005).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_APPEAL_CHARS, MAX_REASON_CHARS
from chatapp.moderation.choices import (
    ACTION_LABELS,
    CATEGORY_LABELS,
    CHANNEL_LABELS,
    STAGE_LABELS,
    choices_of,
    words_of,
)
from chatapp.moderation.judging.verdict import Channel
from chatapp.review.dry_runs.models import DryRun, DryRunReading, DryRunSample  # noqa: F401 -- Django finds them here
from chatapp.review.holds.models import RuleHold  # noqa: F401 -- likewise


class Decision(models.Model):
    """One match of one rule, with its place in the conversation's chain of keyed digests."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation_id = models.UUIDField(_("conversation"))
    place = models.PositiveIntegerField(_("place in the chain"))
    owner_id = models.UUIDField(_("owner"))
    message_id = models.UUIDField(_("message"), null=True)
    generation_id = models.UUIDField(_("generation"), null=True)
    rule_slug = models.CharField(_("rule"), max_length=50)
    rule_revision = models.PositiveIntegerField(_("revision"))
    ruleset_version = models.PositiveIntegerField(_("ruleset"))
    stage = models.CharField(_("stage"), max_length=16, choices=choices_of(STAGE_LABELS))
    category = models.CharField(_("category"), max_length=16, choices=choices_of(CATEGORY_LABELS))
    severity = models.PositiveSmallIntegerField(_("severity"))
    action = models.CharField(_("action"), max_length=16, choices=choices_of(ACTION_LABELS))
    is_enforced = models.BooleanField(
        _("enforced"), help_text=_("A shadow rule is not: it only says what it would have done.")
    )
    span_start = models.PositiveIntegerField(_("from character"))
    span_end = models.PositiveIntegerField(_("to character"))
    channel = models.CharField(
        _("channel"),
        max_length=16,
        choices=choices_of(CHANNEL_LABELS),
        default=Channel.STRICT.value,
        help_text=_("Through which disguise it was seen."),
    )
    score = models.FloatField(_("score"), null=True, help_text=_("A classifier's, between 0 and 1."))
    principle = models.PositiveSmallIntegerField(
        _("principle"), null=True, help_text=_("Of a rule of judgement: which of its principles the text breaks most.")
    )
    error = models.CharField(
        _("error"),
        max_length=64,
        blank=True,
        help_text=_(
            "Why the rule could not judge. Severity 3 and 4 then act as if it had hit, 1 and 2 let the text pass."
        ),
    )
    latency_us = models.PositiveIntegerField(_("latency in µs"))
    evidence_id = models.UUIDField(_("evidence"), null=True)
    text_digest = models.CharField(_("digest of the withheld text"), max_length=64)
    previous_digest = models.CharField(_("digest of the row before"), max_length=64, blank=True)
    digest = models.CharField(_("digest"), max_length=64)
    created_at = models.DateTimeField(_("decided"), default=clock.now)

    class Meta:
        verbose_name = _("decision")
        verbose_name_plural = _("decisions")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["rule_slug", "created_at"], name="decision_by_rule"),
            models.Index(fields=["evidence_id"], name="decision_by_evidence"),
            models.Index(fields=["owner_id", "created_at"], name="decision_by_owner"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["conversation_id", "place"], name="decision_place_unique"),
            models.CheckConstraint(condition=Q(place__gte=1), name="decision_place"),
            models.CheckConstraint(condition=Q(stage__in=words_of(STAGE_LABELS)), name="decision_stage"),
            models.CheckConstraint(condition=Q(action__in=words_of(ACTION_LABELS)), name="decision_action"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="decision_severity"),
            models.CheckConstraint(condition=Q(channel__in=words_of(CHANNEL_LABELS)), name="decision_channel"),
            models.CheckConstraint(condition=Q(span_start__lt=models.F("span_end")), name="decision_span"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_slug} · {self.action}"


class Evidence(models.Model):
    """Text that was withheld, encrypted. Its row may be deleted; what it was is then known to nobody."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    ciphertext = models.BinaryField()
    created_at = models.DateTimeField(_("stored"), default=clock.now)

    class Meta:
        verbose_name = _("evidence")
        verbose_name_plural = _("evidence")
        default_permissions = ()
        permissions = (("view_evidence_text", "Can read withheld text"),)

    def __str__(self) -> str:
        return str(self.id)


class EvidenceReading(models.Model):
    """Somebody read withheld text. Never changed, never deleted; outlives the reader's account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    evidence_id = models.UUIDField(_("evidence"), db_index=True)
    decision_id = models.UUIDField(_("decision"))
    reader_id = models.UUIDField(_("reader"))
    reader_email = models.EmailField(_("reader's address"))
    read_at = models.DateTimeField(_("read"), default=clock.now)

    class Meta:
        verbose_name = _("evidence reading")
        verbose_name_plural = _("evidence readings")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.reader_email} · {self.evidence_id}"


class ReviewOrigin(models.TextChoices):
    """Who asked for a second look."""

    RULE = "rule", _("a rule")
    APPEAL = "appeal", _("the person")


class ReviewState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    CLAIMED = "claimed", _("claimed")
    CONFIRMED = "confirmed", _("confirmed")
    OVERTURNED = "overturned", _("overturned")


OPEN_STATES = (ReviewState.WAITING, ReviewState.CLAIMED)


class ReviewCase(models.Model):
    """
    A second look by a person at what rules did to one text: a message at one stage, or a text that was never stored.

    Where it stands may change until it is resolved; what it came to is its outcome, which never changes.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    decision_id = models.UUIDField(_("decision"), unique=True)  # the one that decided
    conversation_id = models.UUIDField(_("conversation"))
    message_id = models.UUIDField(_("message"), null=True)  # null: nothing was stored
    owner_id = models.UUIDField(_("owner"))
    rule_slug = models.CharField(_("rule"), max_length=50)
    category = models.CharField(_("category"), max_length=16, choices=choices_of(CATEGORY_LABELS))
    severity = models.PositiveSmallIntegerField(_("severity"))
    action = models.CharField(_("action"), max_length=16, choices=choices_of(ACTION_LABELS))
    stage = models.CharField(_("stage"), max_length=16, choices=choices_of(STAGE_LABELS))
    opened_by = models.CharField(_("opened by"), max_length=6, choices=ReviewOrigin)
    opened_at = models.DateTimeField(_("opened"), default=clock.now)
    state = models.CharField(_("state"), max_length=10, choices=ReviewState, default=ReviewState.WAITING)
    claimed_by_id = models.UUIDField(_("claimed by"), null=True)
    claimed_at = models.DateTimeField(_("claimed"), null=True)

    class Meta:
        verbose_name = _("review case")
        verbose_name_plural = _("review cases")
        ordering: ClassVar[list[str]] = ["-severity", "id"]
        default_permissions = ("view",)
        permissions = (("resolve_reviewcase", "Can claim, confirm and overturn"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(
                fields=["-severity", "opened_at"], name="review_waiting", condition=Q(state__in=["waiting", "claimed"])
            ),
            models.Index(fields=["rule_slug", "state"], name="review_by_rule"),
            models.Index(fields=["conversation_id"], name="review_by_conversation"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(
                fields=["message_id", "stage"], condition=Q(message_id__isnull=False), name="one_case_per_message_stage"
            ),
            models.CheckConstraint(condition=Q(state__in=ReviewState.values), name="review_state"),
            models.CheckConstraint(condition=Q(opened_by__in=ReviewOrigin.values), name="review_opened_by"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="review_severity"),
            models.CheckConstraint(
                condition=Q(state="waiting", claimed_by_id__isnull=True, claimed_at__isnull=True)
                | Q(~Q(state="waiting"), claimed_by_id__isnull=False, claimed_at__isnull=False),
                name="review_is_claimed_by_somebody",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.rule_slug} · {self.category}"


class ReviewOutcome(models.Model):
    """What a case came to, once and for ever. It changes no decision; the two stand beside each other."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_id = models.UUIDField(_("case"), unique=True)
    decision_id = models.UUIDField(_("decision"))
    rule_slug = models.CharField(_("rule"), max_length=50)
    is_overturned = models.BooleanField(_("overturned"))
    reason = models.CharField(_("reason"), max_length=MAX_REASON_CHARS)
    restored_message_id = models.UUIDField(_("restored message"), null=True)
    reviewer_id = models.UUIDField(_("reviewer"))
    reviewer_email = models.EmailField(_("reviewer's address"))
    created_at = models.DateTimeField(_("resolved"), default=clock.now)

    class Meta:
        verbose_name = _("review outcome")
        verbose_name_plural = _("review outcomes")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["rule_slug", "is_overturned"], name="outcome_by_rule"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=~Q(reason=""), name="outcome_has_reason"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_slug} · {self.case_id}"


class Appeal(models.Model):
    """A person asks for review of what happened to their text, once. Its state is its case's."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case = models.OneToOneField(ReviewCase, on_delete=models.CASCADE, related_name="appeal", verbose_name=_("case"))
    owner_id = models.UUIDField(_("person"))
    words = models.CharField(_("what they say"), max_length=MAX_APPEAL_CHARS, blank=True)
    created_at = models.DateTimeField(_("asked"), default=clock.now)

    class Meta:
        verbose_name = _("appeal")
        verbose_name_plural = _("appeals")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner_id", "created_at"], name="appeal_by_owner"),
        ]

    def __str__(self) -> str:
        return str(self.id)


class ContextReading(models.Model):
    """Somebody read messages of a conversation for a case. Never changed, never deleted."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    case_id = models.UUIDField(_("case"), db_index=True)
    conversation_id = models.UUIDField(_("conversation"))
    num_messages = models.PositiveIntegerField(_("messages"))
    reader_id = models.UUIDField(_("reader"))
    reader_email = models.EmailField(_("reader's address"))
    read_at = models.DateTimeField(_("read"), default=clock.now)

    class Meta:
        verbose_name = _("context reading")
        verbose_name_plural = _("context readings")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.reader_email} · {self.case_id}"
