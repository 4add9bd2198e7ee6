"""Reads prompt templates."""

from django.utils.translation import gettext as _

from chatapp.prompts.errors import TemplateUnknown
from chatapp.prompts.models import PromptTemplate, PromptTemplateVersion


def template_list_published() -> list[tuple[PromptTemplate, PromptTemplateVersion]]:
    """Every published template with its newest version; one without a version is not offered."""
    templates = PromptTemplate.objects.filter(is_published=True).prefetch_related("versions")
    return [(template, newest[0]) for template in templates if (newest := list(template.versions.all()[:1]))]


def version_get(*, slug: str, version: int) -> PromptTemplateVersion:
    """:raises TemplateUnknown: not there, or no longer published."""
    try:
        return PromptTemplateVersion.objects.select_related("template").get(
            template__slug=slug, version=version, template__is_published=True
        )
    except PromptTemplateVersion.DoesNotExist:
        raise TemplateUnknown(
            _("This prompt template is no longer offered. Choose another one."), slug=slug, version=version
        ) from None
