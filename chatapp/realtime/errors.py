"""Refusals of the socket itself."""

from typing import Self

from django.utils.translation import gettext as _

from chatapp.core.errors import DomainError, EventLogUnavailable, NotSignedIn


class FrameUnreadable(DomainError):
    """
    Not a frame that the product knows.

    `request_id`: of the command, where that much of it can be read: then its sender learns what became of it.
    """

    request_id: str | None = None

    def of_request(self, request_id: str | None) -> Self:
        self.request_id = request_id
        return self


class FrameMalformed(FrameUnreadable):
    code = "frame_malformed"


class FrameUnknownField(FrameUnreadable):
    code = "frame_unknown_field"


class FrameTooLarge(DomainError):
    code = "frame_too_large"
    close_code = 1009


class FrameBinary(DomainError):
    code = "frame_binary"
    close_code = 1003


class TooManySockets(DomainError):
    code = "too_many_sockets"
    close_code = 4429

    @classmethod
    def of(cls, *, limit: int) -> Self:
        words = _("This conversation is open in more than %(limit)d tabs. This one was closed.") % {"limit": limit}
        return cls(words, limit=limit)


def session_ended() -> NotSignedIn:
    return NotSignedIn(_("Your session has ended. Sign in again; what you wrote is kept."))


def log_unavailable() -> EventLogUnavailable:
    return EventLogUnavailable(_("The server cannot take this right now. It will be sent again in a moment."))
