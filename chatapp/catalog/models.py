"""Which models are served and how. Owns the catalog row; loads nothing."""

from typing import ClassVar

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.catalog.engines import EngineChoice
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_TEMPERATURE


class ChatModel(models.Model):
    """One model that a person can choose; its slug names the Celery queue `generate.<slug>`."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(_("slug"), unique=True, help_text=_("Names the queue; a worker is started with it."))
    name = models.CharField(_("name"), max_length=80, help_text=_("What people see in the model picker."))
    description = models.CharField(_("description"), max_length=200, blank=True)
    description_zh_hans = models.CharField(_("description in Chinese"), max_length=200, blank=True)
    source = models.CharField(_("source"), max_length=300, help_text=_("Hub id, folder or file it was made from."))
    revision = models.CharField(_("revision"), max_length=64, blank=True)
    path = models.CharField(
        _("folder"), max_length=500, help_text=_("The converted weights; a relative path lies in the models folder.")
    )
    context_window = models.PositiveIntegerField(
        _("context window"), validators=[MinValueValidator(256)], help_text=_("Tokens of prompt and answer together.")
    )
    max_new_tokens = models.PositiveIntegerField(
        _("longest answer"), default=1024, validators=[MinValueValidator(16)], help_text=_("Tokens.")
    )
    num_slots = models.PositiveSmallIntegerField(
        _("slots"),
        default=16,
        validators=[MinValueValidator(1), MaxValueValidator(256)],
        help_text=_("Answers that one worker writes at once."),
    )
    default_temperature = models.FloatField(
        _("default temperature"), default=0.7, validators=[MinValueValidator(0.0), MaxValueValidator(MAX_TEMPERATURE)]
    )
    default_system_prompt = models.TextField(
        _("default system prompt"), blank=True, help_text=_("Used where no prompt template was chosen.")
    )
    engine = models.CharField(
        _("engine"),
        max_length=8,
        choices=EngineChoice,
        default=EngineChoice.AUTO,
        help_text=_("Automatic takes the fastest one that computes this model correctly."),
    )
    # What the model worker said of its engine when it last started; null parameters: it never did.
    serving_engine = models.CharField(_("served by"), max_length=20, blank=True, editable=False)
    serving_reason = models.TextField(_("why this engine"), blank=True, editable=False)
    serving_parameters = models.JSONField(_("what it can do"), null=True, editable=False)
    is_enabled = models.BooleanField(_("enabled"), default=True, help_text=_("Offered to people, and given a worker."))
    is_default = models.BooleanField(_("default"), default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("model")
        verbose_name_plural = _("models")
        ordering: ClassVar[list[str]] = ["-is_default", "name"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["is_default"], condition=Q(is_default=True), name="one_default_model"),
            models.CheckConstraint(condition=Q(engine__in=EngineChoice.values), name="model_engine"),
        ]

    def __str__(self) -> str:
        return self.name
