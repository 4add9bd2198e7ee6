"""
The message tree of one person.

Owns conversations, messages and what the database forbids about them: a parent in another conversation, and text
written twice (triggers of migration 0002, a composite foreign key on PostgreSQL).
"""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from chatapp.catalog.models import ChatModel
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.core.limits import MAX_TEMPERATURE, MAX_TITLE_CHARS
from chatapp.prompts.models import PromptTemplateVersion


class TitleSource(models.TextChoices):
    """Who wrote a title; a person's is never overwritten."""

    NONE = "none", _("none yet")
    MODEL = "model", _("the model")
    PERSON = "person", _("the person")


class Conversation(models.Model):
    """A tree of messages, and the branch its owner is looking at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="conversations")
    title = models.CharField(_("title"), max_length=MAX_TITLE_CHARS, blank=True)
    title_source = models.CharField(max_length=8, choices=TitleSource, default=TitleSource.NONE)
    model = models.ForeignKey(ChatModel, on_delete=models.PROTECT, related_name="+", verbose_name=_("model"))
    temperature = models.FloatField(_("temperature"))
    template_version = models.ForeignKey(PromptTemplateVersion, null=True, on_delete=models.PROTECT, related_name="+")
    system_prompt = models.TextField(blank=True)  # as rendered when the conversation began
    active_leaf = models.ForeignKey("Message", null=True, on_delete=models.SET_NULL, related_name="+")
    row_version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField(_("created"), default=clock.now, editable=False)
    updated_at = models.DateTimeField(_("last activity"), default=clock.now)

    class Meta:
        verbose_name = _("conversation")
        verbose_name_plural = _("conversations")
        ordering: ClassVar[list[str]] = ["-updated_at", "-id"]
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["owner", "-updated_at", "-id"], name="conversation_list"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(temperature__gte=0.0, temperature__lte=MAX_TEMPERATURE),
                name="conversation_temperature_range",
            ),
        ]

    def __str__(self) -> str:
        return self.title or str(self.id)


class MessageRole(models.TextChoices):
    USER = "user", _("user")
    ASSISTANT = "assistant", _("assistant")


class MessageState(models.TextChoices):
    VISIBLE = "visible", _("visible")
    HELD = "held", _("held for review")
    WITHHELD = "withheld", _("withheld")
    ERASED = "erased", _("erased")


class Message(models.Model):
    """
    One utterance. `text` is null until it is written, once, and after it was erased.

    A withheld answer keeps what the gate had released before it blocked: that was on screens and was harmless.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    parent = models.ForeignKey("self", null=True, on_delete=models.CASCADE, related_name="children")
    role = models.CharField(max_length=9, choices=MessageRole)
    text = models.TextField(null=True)  # noqa: DJ001  # null: not written yet, or erased; "" is a text
    state = models.CharField(max_length=8, choices=MessageState, default=MessageState.VISIBLE)
    notice = models.JSONField(null=True)  # {"category", "text", "action"}: what a rule did, and why
    client_message_id = models.UUIDField(null=True)
    restored_from = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("message")
        verbose_name_plural = _("messages")
        indexes: ClassVar[list[models.Index]] = [
            models.Index(fields=["conversation", "id"], name="message_tree"),
        ]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["owner", "client_message_id"], name="message_resend_returns_first"),
            models.CheckConstraint(condition=Q(role__in=MessageRole.values), name="message_role"),
            models.CheckConstraint(condition=Q(state__in=MessageState.values), name="message_state"),
            models.CheckConstraint(condition=~Q(role="user") | Q(text__isnull=False), name="user_message_has_text"),
            models.CheckConstraint(
                condition=~Q(state="erased") | Q(text__isnull=True), name="erased_message_has_no_text"
            ),
        ]

    def __str__(self) -> str:
        return str(self.id)
