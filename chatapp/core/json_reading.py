"""Reading JSON that anybody may have written: nothing in it can break what comes after. Pure."""

import json
from typing import Any, NoReturn

from chatapp.core.limits import MAX_EXACT_INTEGER
from chatapp.core.text import storable_throughout

# Nothing of ours nests deeper than a template's variables in a conversation; Python's own parser gives up near 1,000.
MAX_DEPTH = 32


class JsonUnreadable(ValueError):
    """Not JSON, nested beyond all sense, or with a number that nothing here can hold."""


def json_read(text: str | bytes) -> Any:
    """
    The value, every string in it storable.

    :raises JsonUnreadable: not JSON in UTF-8, deeper than 32, NaN or infinite, or an integer beyond 2⁵³ − 1.
    """
    try:
        value = json.loads(text, parse_constant=_refuse, parse_int=_integer)
        _require_shallow(value, MAX_DEPTH)
    except (ValueError, RecursionError) as error:
        raise JsonUnreadable(str(error)) from None
    return storable_throughout(value)


def _refuse(constant: str) -> NoReturn:
    raise ValueError(f"{constant} is no number")


def _integer(digits: str) -> int:
    number = int(digits)
    if abs(number) > MAX_EXACT_INTEGER:
        raise ValueError("an integer is too large")
    return number


def _require_shallow(value: Any, depth: int) -> None:
    if isinstance(value, dict | list):
        if depth == 0:
            raise ValueError("nested too deeply")
        for part in value.values() if isinstance(value, dict) else value:
            _require_shallow(part, depth - 1)
