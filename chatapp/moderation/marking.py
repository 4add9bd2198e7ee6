"""Cuts a judged text into marked and unmarked pieces, as written and as rules see it. Pure; for people to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from chatapp.moderation.normalise import fold_text
from chatapp.moderation.verdict import Match


@dataclass(frozen=True, slots=True)
class Piece:
    """Characters that the same rules hit. `rule_ids` is empty where none did."""

    text: str
    folded: str
    rule_ids: tuple[str, ...]


def pieces(text: str, matches: Sequence[Match]) -> list[Piece]:
    """The whole text in order, cut where a match begins or ends."""
    bounds = sorted({0, len(text), *(match.start for match in matches), *(match.end for match in matches)})
    return [
        Piece(
            text=text[start:end],
            folded=fold_text(text[start:end]),
            rule_ids=tuple(sorted({m.rule_id for m in matches if m.start <= start and end <= m.end})),
        )
        for start, end in pairwise(bounds)
    ]
