"""Refusals about prompt templates."""

from chatapp.core.errors import DomainError


class TemplateUnknown(DomainError):
    code = "template_unknown"
    http_status = 404


class TemplateVariableMissing(DomainError):
    code = "template_variable_missing"
    http_status = 422


class TemplateVariableTooLong(DomainError):
    code = "template_variable_too_long"
    http_status = 422


class TemplateUnusable(DomainError):
    """The authored text itself is wrong; told to the author."""

    code = "template_unusable"
    http_status = 422
