"""
What was decided, kept for whoever answers for it.

A decision is never changed or deleted (triggers of migration 0002) and outlives conversation, owner and evidence: it
names them by id only. The withheld text itself stands apart, encrypted, and may be erased without breaking the chain.
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.models import RuleAction, RuleCategory, RuleStage


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
    stage = models.CharField(_("stage"), max_length=16, choices=RuleStage)
    category = models.CharField(_("category"), max_length=16, choices=RuleCategory)
    severity = models.PositiveSmallIntegerField(_("severity"))
    action = models.CharField(_("action"), max_length=16, choices=RuleAction)
    is_enforced = models.BooleanField(
        _("enforced"), help_text=_("A shadow rule is not: it only says what it would have done.")
    )
    span_start = models.PositiveIntegerField(_("from character"))
    span_end = models.PositiveIntegerField(_("to character"))
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
            models.CheckConstraint(condition=Q(stage__in=RuleStage.values), name="decision_stage"),
            models.CheckConstraint(condition=Q(action__in=RuleAction.values), name="decision_action"),
            models.CheckConstraint(condition=Q(severity__gte=1, severity__lte=4), name="decision_severity"),
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
