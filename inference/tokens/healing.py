"""
Continues an answer that was cut inside a token (token healing).

The prefix is tokenised, its last tokens are dropped back to a safe boundary, and the first new tokens may only spell
what was dropped. Owns both halves: where to cut, and what the new tokens may be. Knows bytes, no tensor.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from inference.tokens.vocabulary import Vocabulary

_MAX_DROPPED_TOKENS = 16  # a run without a boundary (Chinese, base64) is cut here; its tail is what a cut can spoil


@dataclass(frozen=True, slots=True)
class HealedPrefix:
    """The tokens of a prefix that stay, and the bytes after them that the new tokens must spell first."""

    kept: tuple[int, ...]
    dropped: bytes


def heal(token_ids: Sequence[int], vocabulary: Vocabulary) -> HealedPrefix:
    """
    Drop tokens from the end back to one that begins a word, punctuation or white space after something else.

    Tokenizers split text there before they merge, so what stands before is tokenised as it was when it was generated.
    """
    first_dropped = max(0, len(token_ids) - 1)
    earliest = max(0, len(token_ids) - _MAX_DROPPED_TOKENS)
    while first_dropped > earliest and not _is_boundary(token_ids, first_dropped, vocabulary):
        first_dropped -= 1
    dropped = b"".join(vocabulary.spell(token_id) for token_id in token_ids[first_dropped:])
    return HealedPrefix(tuple(token_ids[:first_dropped]), dropped)


def _is_boundary(token_ids: Sequence[int], place: int, vocabulary: Vocabulary) -> bool:
    before, after = (vocabulary.spell(token_ids[index]) for index in (place - 1, place))
    if not before or not after:
        return True
    last, first = _kind(before[-1:]), _kind(after[:1])
    if first == "space":
        return last != "space"
    if first == "punctuation":
        return last in {"letter", "digit"}
    # A single space, and in some tokenizers a sign, is one piece with the word after it; the end of a line never is.
    return before.endswith((b"\n", b"\r")) or (last in {"letter", "digit"} and last != first)


def _kind(byte: bytes) -> str:
    if byte.isspace():
        return "space"
    if byte.isdigit():
        return "digit"
    return "letter" if byte.isalpha() or byte >= b"\x80" else "punctuation"


class SpellingConstraint:
    """Says which tokens may come next until the dropped bytes are spelled, and how much of a token is new."""

    def __init__(self, dropped: bytes, vocabulary: Vocabulary) -> None:
        self._remaining = dropped
        self._vocabulary = vocabulary

    @property
    def is_met(self) -> bool:
        return not self._remaining

    def allowed_ids(self) -> list[int] | None:
        """Return the ids that may come next, None when all may: the bytes are spelled, or no token can spell them."""
        if self.is_met:
            return None
        return self._vocabulary.compatible_with(self._remaining) or None

    def accept(self, token_id: int) -> bytes:
        """Take a chosen token and return the bytes of it that go beyond the dropped ones."""
        spelled = self._vocabulary.spell(token_id)
        if self.is_met:
            return spelled
        if spelled and self._remaining.startswith(spelled):
            self._remaining = self._remaining[len(spelled) :]
            return b""
        beyond = spelled[len(self._remaining) :] if spelled.startswith(self._remaining) else b""
        self._remaining = b""
        return beyond
