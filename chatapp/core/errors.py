"""The refusals of the domain: one base, and the few that every app shares. Edges translate them, nobody else."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _


class DomainError(Exception):
    """
    A refusal with a stable `code` and a sentence for a person that says what to do.

    `http_status` and `close_code` say how REST and a WebSocket pass it on; None keeps the socket open.
    """

    code: ClassVar[str] = "refused"
    http_status: ClassVar[int] = 400
    close_code: ClassVar[int | None] = None

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message = message
        self.details = details


class NotSignedIn(DomainError):
    code = "not_signed_in"
    http_status = 401
    close_code = 4401


class OriginRefused(DomainError):
    code = "origin_refused"
    http_status = 403
    close_code = 4403


class RateLimited(DomainError):
    code = "rate_limited"
    http_status = 429


class StorageUnavailable(DomainError):
    """The database is locked, full or gone: nothing was stored, try again."""

    code = "storage_unavailable"
    http_status = 503

    @classmethod
    def of(cls) -> "StorageUnavailable":
        return cls(_("Nothing can be stored right now. Try again in a moment."))


class EventLogUnavailable(DomainError):
    """Redis does not answer: nothing was lost, try again."""

    code = "event_log_unavailable"
    http_status = 503
