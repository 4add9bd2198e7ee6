"""
The life of a generation, kept apart from its message so that liveness stays a small hot row.

Owns status, attempt, lease, usage and what the model was given; the text belongs to the message.
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.catalog.models import ChatModel
from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.core.ids import uuid7


class GenerationKind(models.TextChoices):
    ANSWER = "answer", _("answer")
    TITLE = "title", _("title")


class GenerationStatus(models.TextChoices):
    QUEUED = "queued", _("queued")
    RUNNING = "running", _("running")
    COMPLETED = "completed", _("completed")
    CANCELLED = "cancelled", _("stopped")
    FAILED = "failed", _("failed")


class FinishReason(models.TextChoices):
    STOP = "stop", _("finished")
    LENGTH = "length", _("reached the limit")
    CONTENT_FILTER = "content_filter", _("withheld")
    CANCELLED = "cancelled", _("stopped")
    ERROR = "error", _("failed")


LIVE_STATUSES = (GenerationStatus.QUEUED, GenerationStatus.RUNNING)


class Generation(models.Model):
    """One model run. `attempt` is the fencing number; a late writer of an earlier attempt is refused by it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(max_length=6, choices=GenerationKind, default=GenerationKind.ANSWER)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="generations")
    message = models.OneToOneField(Message, null=True, on_delete=models.CASCADE, related_name="generation")
    client_turn_id = models.UUIDField(null=True)

    status = models.CharField(max_length=9, choices=GenerationStatus, default=GenerationStatus.QUEUED)
    finish_reason = models.CharField(max_length=14, choices=FinishReason, null=True)  # noqa: DJ001  # null: no end yet
    error_code = models.CharField(max_length=40, null=True)  # noqa: DJ001  # null: no error
    error_details = models.JSONField(null=True)  # numbers or a name that the sentence about the error needs
    attempt = models.PositiveIntegerField(default=0)
    num_turned_away = models.PositiveIntegerField(default=0)  # attempts for which the engine had no room
    worker = models.CharField(max_length=120, blank=True)
    lease_expires_at = models.DateTimeField(null=True)
    checkpoint_text = models.TextField(blank=True)  # released text only, refreshed while it runs, emptied at the end
    checkpoint_seq = models.PositiveIntegerField(default=0)
    checkpoint_num_tokens = models.PositiveIntegerField(default=0)

    model = models.ForeignKey(ChatModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("model"))
    model_revision = models.CharField(max_length=64, blank=True)
    sampling = models.JSONField(default=dict)  # what holds: generations.sampling.Sampling with our defaults
    asked = models.JSONField(default=dict)  # of that, what a program asked for by name
    ruleset_version = models.PositiveIntegerField(null=True)
    context = models.JSONField(null=True)  # feed.events.ContextReport
    usage = models.JSONField(null=True)  # feed.events.Usage
    timings = models.JSONField(null=True)  # feed.events.Timings

    created_at = models.DateTimeField(default=clock.now, editable=False)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name = _("generation")
        verbose_name_plural = _("generations")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["model", "kind", "created_at"], name="generation_queue", condition=Q(status="queued")),
            models.Index(fields=["owner", "status"], name="generation_live", condition=Q(status__in=LIVE_STATUSES)),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "client_turn_id"], name="turn_resend_returns_first"),
            models.UniqueConstraint(
                fields=["conversation"],
                condition=Q(kind="title", status__in=LIVE_STATUSES),
                name="one_live_title_per_conversation",
            ),
            models.CheckConstraint(condition=Q(status__in=GenerationStatus.values), name="generation_status"),
            models.CheckConstraint(
                condition=Q(kind="answer", message__isnull=False) | Q(kind="title", message__isnull=True),
                name="answer_has_message",
            ),
            models.CheckConstraint(
                condition=Q(status__in=LIVE_STATUSES, finish_reason__isnull=True, finished_at__isnull=True)
                | Q(~Q(status__in=LIVE_STATUSES), finish_reason__isnull=False, finished_at__isnull=False),
                name="ended_generation_has_reason",
            ),
            models.CheckConstraint(
                condition=~Q(status="running") | Q(~Q(worker=""), attempt__gte=1, lease_expires_at__isnull=False),
                name="running_generation_has_worker",
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)

    @property
    def question(self) -> Message | None:
        """What the answer answers; a title answers nothing."""
        return self.message.parent if self.message else None
