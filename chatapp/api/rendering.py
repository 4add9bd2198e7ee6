"""How REST writes JSON: as pydantic does, so that a row reads the same here, in an event and in an export."""

from typing import Any

from django.http import HttpRequest
from ninja.renderers import BaseRenderer
from pydantic_core import to_json


class WireRenderer(BaseRenderer):
    """Times keep their microseconds; Django's own encoder would cut them to milliseconds."""

    media_type = "application/json"

    def render(self, request: HttpRequest, data: Any, *, response_status: int) -> bytes:
        del request, response_status
        return to_json(data)
