"""Refusals about models."""

from django.utils.translation import gettext as _

from chatapp.core.errors import DomainError


class ModelUnknown(DomainError):
    code = "model_unknown"
    http_status = 404

    @classmethod
    def of(cls, slug: str) -> "ModelUnknown":
        return cls(_("There is no model called “%(slug)s”. Choose another one.") % {"slug": slug}, slug=slug)
