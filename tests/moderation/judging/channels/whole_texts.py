"""What the tests of the whole-text channels share: keywords by number, and what was found as plain text."""

from collections.abc import Sequence

from chatapp.moderation.judging.detecting import Found, Keyword


def keywords(*phrases: str) -> list[Keyword]:
    """Each phrase a rule of its own, numbered in order."""
    return [Keyword(phrase, number, holds=True) for number, phrase in enumerate(phrases)]


def written(text: str, found: Sequence[Found]) -> list[tuple[int, str]]:
    """The rule's number and the characters it was found at."""
    return [(each.rule_number, text[each.start : each.end]) for each in found]
