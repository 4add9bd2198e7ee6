"""Cuts a judged text into marked and unmarked pieces, as written and as rules see it. Pure; for people to look at."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatapp.moderation.judging.text.normalise import fold_text
from chatapp.moderation.judging.verdict import STRENGTH, Action, Match

# Format and control characters, and those of nobody: a screen shows nothing in their place.
_INVISIBLE_CATEGORIES = frozenset({"Cf", "Cc", "Co", "Cn"})


@dataclass(frozen=True, slots=True)
class Piece:
    """
    Characters that the same rules hit. `rule_ids` is empty where none did.

    shown: the text with a name in the place of each invisible character. action: the greatest that they ask for, if
    any; `is_enforced` says whether one of them acts.
    """

    text: str
    shown: str
    folded: str
    rule_ids: tuple[str, ...]
    action: Action | None = None
    is_enforced: bool = False


def pieces(text: str, matches: Sequence[Match]) -> list[Piece]:
    """The whole text in order, cut where a match begins or ends."""
    bounds = sorted({0, len(text), *(match.start for match in matches), *(match.end for match in matches)})
    return [
        _piece(text[start:end], [match for match in matches if match.start <= start and end <= match.end])
        for start, end in pairwise(bounds)
    ]


def _piece(text: str, over: Sequence[Match]) -> Piece:
    # What acts gives the piece its colour, however strong a shadow over it is.
    weighed = [match for match in over if match.enforced] or over
    return Piece(
        text=text,
        shown=visible(text),
        folded=fold_text(text),
        rule_ids=tuple(sorted({match.rule_id for match in over})),
        action=max((match.action for match in weighed), key=STRENGTH.__getitem__, default=None),
        is_enforced=any(match.enforced for match in over),
    )


def visible(text: str) -> str:
    """The text with ⟨U+200B⟩ in the place of a character that nobody sees."""
    return "".join(f"⟨U+{ord(char):04X}⟩" if _is_invisible(char) else char for char in text)


def _is_invisible(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) in _INVISIBLE_CATEGORIES
