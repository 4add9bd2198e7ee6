"""How REST reads what is sent: bodies whose strings can all be stored, queries of a sensible length."""

from typing import Any

from django.http import HttpRequest, QueryDict
from django.utils.datastructures import MultiValueDict
from ninja.parser import Parser

from chatapp.core.json_reading import json_read
from chatapp.core.text import storable


class WireParser(Parser):
    """Ninja asks it for each body and each query; what it raises as ValueError is answered as unreadable."""

    def parse_body(self, request: HttpRequest) -> Any:
        return json_read(request.body)

    def parse_querydict(
        self, data: MultiValueDict[str, Any] | QueryDict, list_fields: list[str], request: HttpRequest
    ) -> dict[str, Any]:
        parsed = super().parse_querydict(data, list_fields, request)
        return {name: storable(value) if isinstance(value, str) else value for name, value in parsed.items()}
