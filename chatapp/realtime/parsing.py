"""Text of a frame in, a frame or a typed refusal out. Pure."""

from django.utils.translation import gettext as _
from pydantic import ValidationError

from chatapp.realtime.errors import FrameBinary, FrameMalformed, FrameTooLarge, FrameUnknownField
from chatapp.realtime.frames import MAX_FRAME_BYTES, ClientFrame, client_frame_adapter


def frame_parse(*, text: str | None, binary: bytes | None) -> ClientFrame:
    """:raises FrameBinary, FrameTooLarge, FrameMalformed, FrameUnknownField: the last names the field."""
    if binary is not None or text is None:
        raise FrameBinary(_("This socket takes text frames only."))
    num_bytes = len(text.encode("utf-8", "surrogatepass"))
    if num_bytes > MAX_FRAME_BYTES:
        raise FrameTooLarge(
            _("This is too large to send at once: %(length)d bytes, %(limit)d fit.")
            % {"length": num_bytes, "limit": MAX_FRAME_BYTES},
            length=num_bytes,
            limit=MAX_FRAME_BYTES,
        )
    try:
        return client_frame_adapter.validate_json(text)
    except ValidationError as error:
        raise _refusal(error) from None


def _refusal(error: ValidationError) -> FrameMalformed | FrameUnknownField:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The first part of the place is the frame's type, which is no field of it.
    field = ".".join(str(part) for part in first["loc"][1:])
    if first["type"] == "extra_forbidden":
        return FrameUnknownField(_("This frame has no field called “%(field)s”.") % {"field": field}, field=field)
    return FrameMalformed(
        _("This frame cannot be read: %(reason)s.") % {"reason": first["msg"]}, field=field, reason=first["type"]
    )
