"""Writes prompt templates. A change of text is the next version."""

from django.db import transaction
from django.db.models import Max

from chatapp.accounts.models import User
from chatapp.prompts.models import PromptTemplate, PromptTemplateVersion
from chatapp.prompts.rendering import variables_check


@transaction.atomic
def version_add(
    *, template: PromptTemplate, text: str, variables: object, author: User | None
) -> PromptTemplateVersion:
    """:raises TemplateUnusable: when text and variables do not fit together."""
    checked = variables_check(text=text, variables=variables)
    newest = template.versions.aggregate(newest=Max("version"))["newest"] or 0
    return PromptTemplateVersion.objects.create(
        template=template, version=newest + 1, text=text, variables=checked, author=author
    )
