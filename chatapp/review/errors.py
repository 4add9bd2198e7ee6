"""Refusals about decisions and evidence."""

from chatapp.core.errors import DomainError


class EvidenceMissing(DomainError):
    """There was none, or it was erased."""

    code = "evidence_missing"
    http_status = 404


class EvidenceForbidden(DomainError):
    code = "evidence_forbidden"
    http_status = 403


class EvidenceUnreadable(DomainError):
    code = "evidence_unreadable"
    http_status = 500
