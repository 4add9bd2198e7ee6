"""Refusals of the socket itself."""

from chatapp.core.errors import DomainError


class FrameMalformed(DomainError):
    code = "frame_malformed"


class FrameUnknownField(DomainError):
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
