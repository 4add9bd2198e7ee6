"""Text of a frame in, a frame or a typed refusal out. Pure."""

from typing import Any

from django.utils.translation import gettext as _
from pydantic import ValidationError
from pydantic_core import to_json

from chatapp.core.json_reading import JsonUnreadable, json_read
from chatapp.realtime.errors import FrameBinary, FrameMalformed, FrameTooLarge, FrameUnknownField
from chatapp.realtime.frames import MAX_FRAME_BYTES, MAX_REQUEST_ID_CHARS, ClientFrame, client_frame_adapter

# Of what somebody sent, in the error about it: whoever reads nothing shall not be answered at length.
MAX_QUOTED_CHARS = 100


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
        read = json_read(text)
    except JsonUnreadable as error:
        words = _("This frame cannot be read: %(reason)s.") % {"reason": quoted(str(error))}
        raise FrameMalformed(words, field="", reason="json_invalid") from None
    try:
        # As JSON again: what stands for a UUID or a number there is read more strictly than Python's values are.
        return client_frame_adapter.validate_json(to_json(read))
    except ValidationError as error:
        raise _refusal(error).of_request(_request_id(read)) from None


def quoted(text: str) -> str:
    """What somebody sent, as far as it is given back to them."""
    return text if len(text) <= MAX_QUOTED_CHARS else f"{text[:MAX_QUOTED_CHARS]}…"


def _request_id(read: Any) -> str | None:
    request_id = read.get("request_id") if isinstance(read, dict) else None
    return request_id if isinstance(request_id, str) and 0 < len(request_id) <= MAX_REQUEST_ID_CHARS else None


def _refusal(error: ValidationError) -> FrameMalformed | FrameUnknownField:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    # The first part of the place is the frame's type, which is no field of it.
    field = quoted(".".join(str(part) for part in first["loc"][1:]))
    if first["type"] == "extra_forbidden":
        return FrameUnknownField(_("This frame has no field called “%(field)s”.") % {"field": field}, field=field)
    return FrameMalformed(
        _("This frame cannot be read: %(reason)s.") % {"reason": quoted(first["msg"])},
        field=field,
        reason=first["type"],
    )
