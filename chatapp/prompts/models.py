"""Authored text that a conversation can begin with. Owns templates and their immutable versions."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock
from chatapp.core.ids import uuid7


class PromptTemplate(models.Model):
    """What people pick by name; the text lives in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(_("slug"), unique=True)
    title = models.CharField(_("title"), max_length=80)
    title_zh_hans = models.CharField(_("title in Chinese"), max_length=80, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    description_zh_hans = models.CharField(_("description in Chinese"), max_length=200, blank=True)
    is_published = models.BooleanField(_("published"), default=True, help_text=_("Offered to people."))
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("prompt template")
        verbose_name_plural = _("prompt templates")
        ordering: ClassVar[list[str]] = ["title"]

    def __str__(self) -> str:
        return self.title


class PromptTemplateVersion(models.Model):
    """One immutable revision: a trigger refuses every change to it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    template = models.ForeignKey(PromptTemplate, on_delete=models.PROTECT, related_name="versions")
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(
        _("text"), help_text=_("The system prompt. {{ name }} stands for the value of the variable called name.")
    )
    variables = models.JSONField(
        _("variables"),
        default=list,
        blank=True,
        help_text=_('A list like [{"name": "language", "label": "Language", "required": true, "default": ""}].'),
    )
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        verbose_name = _("version")
        verbose_name_plural = _("versions")
        ordering: ClassVar[list[str]] = ["-version"]
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.UniqueConstraint(fields=["template", "version"], name="template_version_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.template.slug} v{self.version}"
