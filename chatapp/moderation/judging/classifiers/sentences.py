"""
Where in a text a classifier is asked: after a sentence, or after 200 characters without an end. Pure.

Each point follows from the characters up to it, so it does not depend on how the text was cut, and needs no look ahead.
"""

from collections.abc import Iterator

# Of sentences in answers of a large model 1 % are longer (p99 196 characters); one that never ends must not be held.
MAX_SENTENCE_CHARS = 200
_ENDS = frozenset("。！？；…｡︒﹒！？\n\r\u2028\u2029")
# These end a sentence only before white space: not in 3.5 or a.b.
_ENDS_BEFORE_SPACE = frozenset(".!?;．")


class SentencePoints:
    """Reads one text, a character at a time, and says where a sentence is over."""

    __slots__ = ("_has_letter", "_is_at_end", "_num_chars")

    def __init__(self) -> None:
        self._num_chars = 0  # since the last point
        self._has_letter = False
        self._is_at_end = False

    def read(self, char: str) -> bool:
        """
        Say whether there is a point right after this character.

        What holds no letter or digit is no sentence of its own ("！！"): it belongs to the next one.
        """
        self._num_chars += 1
        ends = char in _ENDS or (self._is_at_end and char.isspace())
        self._is_at_end = char in _ENDS_BEFORE_SPACE
        self._has_letter = self._has_letter or char.isalnum()
        if not ((ends and self._has_letter) or self._num_chars >= MAX_SENTENCE_CHARS):
            return False
        self._num_chars, self._has_letter, self._is_at_end = 0, False, False
        return True

    def copy(self) -> "SentencePoints":
        twin = SentencePoints()
        twin._num_chars, twin._has_letter, twin._is_at_end = self._num_chars, self._has_letter, self._is_at_end
        return twin


def sentence_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the sentences of a whole text as [start, end), the unfinished last one too; together they are the text."""
    points, start = SentencePoints(), 0
    for position, char in enumerate(text, 1):
        if points.read(char):
            yield start, position
            start = position
    if start < len(text):
        yield start, len(text)
