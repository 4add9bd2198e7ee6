"""What the tests of channels share: keywords by number, and what was found of them."""

from collections.abc import Sequence

from chatapp.moderation.judging.detecting import DetectorSource, Found, Keyword
from tests.moderation.judging.detector_laws import found_in


def keywords(*phrases: str, holds: bool = True) -> list[Keyword]:
    """Each phrase a rule of its own, numbered in order."""
    return [Keyword(phrase, number, holds) for number, phrase in enumerate(phrases)]


def holding(words: Sequence[Keyword]) -> list[int]:
    """The rules that hold with every word they have."""
    numbers = {word.rule_number for word in words}
    return sorted(numbers - {word.rule_number for word in words if not word.holds})


def spans(source: DetectorSource, text: str) -> list[tuple[int, int, int]]:
    return [(each.rule_number, each.start, each.end) for each in found_in(source, text)]


def written(text: str, found: Sequence[Found]) -> list[tuple[int, str]]:
    """The rule's number and the characters it was found at."""
    return [(each.rule_number, text[each.start : each.end]) for each in found]
