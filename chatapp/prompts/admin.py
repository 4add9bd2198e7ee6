"""Prompt templates in the admin. Text is never edited: a change is the next version."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from unfold.admin import ModelAdmin, TabularInline
from unfold.widgets import UnfoldAdminTextareaWidget

from chatapp.accounts.models import User
from chatapp.prompts.errors import TemplateUnusable
from chatapp.prompts.models import PromptTemplate, PromptTemplateVersion
from chatapp.prompts.rendering import variables_check
from chatapp.prompts.services import version_add


class PromptTemplateForm(forms.ModelForm):  # type: ignore[type-arg]  # ModelForm is generic in its stubs only
    """The template and, where text or variables differ from the newest version, the next one."""

    text = forms.CharField(
        label=_("Text"),
        widget=UnfoldAdminTextareaWidget,
        help_text=_("The system prompt. {{ name }} stands for the value of the variable called name."),
    )
    variables = forms.JSONField(
        label=_("Variables"),
        required=False,
        widget=UnfoldAdminTextareaWidget,
        help_text=_('A list like [{"name": "language", "label": "Language", "required": true, "default": ""}].'),
    )

    class Meta:
        model = PromptTemplate
        fields = ("slug", "title", "title_zh_hans", "description", "description_zh_hans", "is_published")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        newest = PromptTemplateVersion.objects.filter(template_id=self.instance.pk).first()
        if newest:
            self.fields["text"].initial, self.fields["variables"].initial = newest.text, newest.variables

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        try:
            cleaned["variables"] = variables_check(
                text=cleaned.get("text", ""), variables=cleaned.get("variables") or []
            )
        except TemplateUnusable as error:
            self.add_error("variables", error.message)
        return cleaned


class VersionInline(TabularInline):  # type: ignore[misc]  # unfold has no types
    model = PromptTemplateVersion
    fields = readonly_fields = ("version", "text", "variables", "author", "created_at")
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(PromptTemplate)
class PromptTemplateAdmin(ModelAdmin):  # type: ignore[misc]  # unfold has no types
    form = PromptTemplateForm
    inlines = (VersionInline,)
    list_display = ("title", "slug", "is_published", "num_versions")
    list_filter = ("is_published",)
    search_fields = ("title", "slug")

    @admin.display(description=_("versions"))
    def num_versions(self, row: PromptTemplate) -> int:
        return row.versions.count()

    def save_model(self, request: HttpRequest, obj: PromptTemplate, form: Any, change: bool) -> None:  # noqa: FBT001
        super().save_model(request, obj, form, change)
        newest = obj.versions.first()
        text, variables = form.cleaned_data["text"], form.cleaned_data["variables"]
        if newest is None or (newest.text, newest.variables) != (text, variables):
            author = request.user if isinstance(request.user, User) else None
            version_add(template=obj, text=text, variables=variables, author=author)
