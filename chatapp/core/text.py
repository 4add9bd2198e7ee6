"""What every text that a person or a program sends must be, before anyone looks at it. Pure."""

import re
from typing import Any

# What says nothing and shows nothing: spaces, controls, and what Unicode lets a renderer ignore (Default_Ignorable_
# Code_Point, DerivedCoreProperties.txt of Unicode 16); beside them the one Braille pattern without a dot.
_INVISIBLE = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    r"\u2028\u2029\u2060-\u206f\u2800\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufff8"
    r"\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff]*"
)
_LONE_SURROGATE = re.compile(r"[\ud800-\udfff]")
REPLACEMENT = "\ufffd"


def storable(text: str) -> str:
    """
    The text as every database, Redis and a socket can hold it.

    Without NUL, which PostgreSQL stores none of and no keyboard sends; half a surrogate pair, which no encoding can
    write, becomes the replacement character.
    """
    return _LONE_SURROGATE.sub(REPLACEMENT, text.replace("\x00", ""))


def is_blank(text: str) -> bool:
    """Whether nothing of the text can be seen."""
    return _INVISIBLE.fullmatch(text) is not None


def storable_throughout(value: Any) -> Any:
    """Parsed JSON with every string in it storable, keys included."""
    match value:
        case str():
            return storable(value)
        case list():
            return [storable_throughout(part) for part in value]
        case dict():
            return {storable(str(name)): storable_throughout(part) for name, part in value.items()}
        case _:
            return value
