"""
What a dry run asked, how far it came and what it found.

A dry run holds the rules it judges with, so that editing on does not change its answer. Samples name messages and hold
no text: that is read from the message when somebody who may looks, and each look is on record (migration 0008).
"""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.choices import ACTION_LABELS, STAGE_LABELS, choices_of


class DryRunScope(models.TextChoices):
    """Which rules a dry run judges with."""

    NEXT = "next", _("what publishing would put into force")
    EDITED = "edited", _("all rules, drafts as if they were enforcing")
    RULE = "rule", _("one rule, as if it were enforcing")


class DryRunState(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


UNFINISHED_STATES = (DryRunState.QUEUED, DryRunState.RUNNING)


class SampleDiffers(models.TextChoices):
    """How the rule's hit stands to the rules in force."""

    SAME = "", _("as today")
    NEW = "new", _("new")
    GONE = "gone", _("gone")


class DryRun(models.Model):
    """
    One question to past messages: what would these rules have done?

    after_id, until_id: the messages asked about, as bounds of their ids. cursor_id: the last one judged. attempt:
    fences a worker that was believed dead. tally: `tally.Tally` as JSON; the numbers beside it are its sums.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    asked_by_id = models.UUIDField(_("asked by"))
    asked_by_email = models.EmailField(_("asked by"))
    asked_at = models.DateTimeField(_("asked for"), default=clock.now)
    scope = models.CharField(_("rules"), max_length=8, choices=DryRunScope)
    rule_slug = models.CharField(_("rule"), max_length=50, blank=True)
    rules = models.TextField()
    rules_digest = models.CharField(_("digest of the rules"), max_length=64)
    ruleset_version = models.PositiveIntegerField(_("compared with ruleset"))
    num_days = models.PositiveIntegerField(_("days"), null=True)
    after_id = models.UUIDField(null=True)
    until_id = models.UUIDField(null=True)
    state = models.CharField(_("state"), max_length=10, choices=DryRunState, default=DryRunState.QUEUED)
    is_cancel_asked = models.BooleanField(default=False)
    error = models.CharField(_("error"), max_length=40, blank=True)
    attempt = models.PositiveSmallIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    cursor_id = models.UUIDField(null=True)
    num_messages = models.PositiveIntegerField(_("messages"), default=0)
    num_judged = models.PositiveIntegerField(_("judged"), default=0)
    num_hit = models.PositiveIntegerField(_("hit"), default=0)
    num_withheld = models.PositiveIntegerField(_("withheld"), default=0)
    num_blocked = models.PositiveIntegerField(_("blocked"), default=0)
    tally = models.JSONField(default=dict)
    started_at = models.DateTimeField(_("started"), null=True)
    finished_at = models.DateTimeField(_("finished"), null=True)

    class Meta:
        verbose_name = _("dry run")
        verbose_name_plural = _("dry runs")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)
        permissions = (("run_dry_run", "Can run rules over past conversations"),)
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["rules_digest", "state"], name="dry_run_by_rules"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="one_dry_run_at_a_time"),
            models.CheckConstraint(condition=Q(state__in=DryRunState.values), name="dry_run_state"),
            models.CheckConstraint(condition=Q(scope__in=DryRunScope.values), name="dry_run_scope"),
            models.CheckConstraint(
                condition=Q(scope="rule") & ~Q(rule_slug="") | ~Q(scope="rule") & Q(rule_slug=""),
                name="dry_run_of_one_rule_names_it",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["queued", "running"], finished_at__isnull=True)
                | Q(state__in=["done", "failed", "cancelled"], finished_at__isnull=False),
                name="dry_run_is_finished",
            ),
            models.CheckConstraint(
                condition=~Q(state="running") | Q(lease_until__isnull=False), name="running_dry_run_has_lease"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def withheld_share(self) -> float:
        """Of the messages judged, the part that would have lost text: between 0 and 1."""
        return self.num_withheld / self.num_judged if self.num_judged else 0.0

    @property
    def progress(self) -> float:
        """Between 0 and 1; messages that were erased meanwhile are never met."""
        if self.state == DryRunState.DONE or not self.num_messages:
            return 1.0 if self.state == DryRunState.DONE else 0.0
        return min(1.0, self.num_judged / self.num_messages)


class DryRunSample(models.Model):
    """One hit of one rule, drawn so that each had the same chance. place: of at most `reservoir.MAX_SAMPLES` a rule."""

    dry_run = models.ForeignKey(DryRun, on_delete=models.CASCADE, related_name="samples")
    rule_slug = models.CharField(_("rule"), max_length=50)
    place = models.PositiveSmallIntegerField()
    message_id = models.UUIDField(_("message"))
    stage = models.CharField(_("stage"), max_length=16, choices=choices_of(STAGE_LABELS))
    action = models.CharField(_("action"), max_length=16, choices=choices_of(ACTION_LABELS))
    differs = models.CharField(_("against today"), max_length=4, choices=SampleDiffers, blank=True)
    span_start = models.PositiveIntegerField(_("from character"))
    span_end = models.PositiveIntegerField(_("to character"))

    class Meta:
        verbose_name = _("dry run sample")
        verbose_name_plural = _("dry run samples")
        ordering: ClassVar[list[str]] = ["rule_slug", "message_id"]
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["dry_run", "rule_slug", "place"], name="dry_run_sample_place"),
            models.CheckConstraint(condition=Q(span_start__lte=models.F("span_end")), name="dry_run_sample_span"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_slug} · {self.message_id}"


class DryRunReading(models.Model):
    """Somebody read messages that a dry run's rule hit. Never changed, never deleted; outlives run and account."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    dry_run_id = models.UUIDField(_("dry run"), db_index=True)
    rule_slug = models.CharField(_("rule"), max_length=50)
    message_ids = models.JSONField(_("messages"))
    reader_id = models.UUIDField(_("reader"))
    reader_email = models.EmailField(_("reader's address"))
    read_at = models.DateTimeField(_("read"), default=clock.now)

    class Meta:
        verbose_name = _("dry run reading")
        verbose_name_plural = _("dry run readings")
        ordering: ClassVar[list[str]] = ["-id"]
        default_permissions = ("view",)

    def __str__(self) -> str:
        return f"{self.reader_email} · {self.dry_run_id}"
