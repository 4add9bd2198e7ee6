"""What the tests of regular expressions share: random patterns, and a naive reader of whole texts as the oracle."""

import os
from collections.abc import Iterable
from functools import lru_cache

import regex  # type: ignore[import-untyped]
from hypothesis import settings
from hypothesis import strategies as st

from chatapp.moderation.judging.expressions.regex_detector import (
    RegexPattern,
    RegexSource,
    compile_regexes,
)
from chatapp.moderation.judging.expressions.regex_syntax import RegexRefused
from tests.moderation.judging.detector_laws import found_in

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "120")), deadline=None)

ALPHABET = "ab-"
SOME_OTHER = "x"  # stands for every character that no pattern names

atoms = st.sampled_from(["a", "b", "-", ".", "[ab]", "[^a]", r"\w", r"\W"])
quantifiers = st.sampled_from(["", "", "", "*", "+", "?", "{2}", "{1,3}", "{2,}", "*?", "+?", "??"])
texts = st.text(ALPHABET + SOME_OTHER, max_size=12)


def larger(patterns: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    groups = st.builds("(?:{}){}".format, patterns, quantifiers)
    return st.lists(groups, min_size=1, max_size=3).map("".join) | st.lists(patterns, min_size=2, max_size=3).map(
        lambda branches: "(?:" + "|".join(branches) + ")"
    )


def is_taken(pattern: str) -> bool:
    try:
        compile_regexes([RegexPattern(pattern, 0, holds=True)])
    except RegexRefused:
        return False
    return True


patterns = (
    st.recursive(st.builds("{}{}".format, atoms, quantifiers), larger, max_leaves=5)
    .flatmap(lambda pattern: st.sampled_from([pattern, "a" + pattern, pattern + "[ab]"]))
    .filter(is_taken)
)


def source_of(*written: str, max_match_chars: int = 256, holds: bool = True) -> RegexSource:
    numbered = [RegexPattern(pattern, number, holds) for number, pattern in enumerate(written)]
    return compile_regexes(numbered, max_match_chars=max_match_chars)


def spans_in(source: RegexSource, text: str) -> list[tuple[int, int]]:
    return [(found.start, found.end) for found in found_in(source, text)]


def covered(spans: Iterable[tuple[int, int]]) -> set[int]:
    return {position for start, end in spans for position in range(start, end)}


@lru_cache(maxsize=512)
def compiled(pattern: str) -> regex.Pattern[str]:
    return regex.compile(pattern)


def is_match(pattern: str, text: str, start: int, end: int) -> bool:
    return compiled(pattern).fullmatch(text, pos=start, endpos=end) is not None


def is_alive(pattern: str, text: str, start: int) -> bool:
    """Whether a continuation of at least one character completes a match from `start`. Without \\b, ^ and $."""
    return any(
        compiled(pattern).fullmatch(text + char, pos=start, partial=True) is not None for char in ALPHABET + SOME_OTHER
    )


def matches_in(pattern: str, text: str, *, max_match_chars: int = 256) -> list[tuple[int, int]]:
    """From each start the longest match; what lives for `max_match_chars` characters is one. Without \\b, ^ and $."""
    matches = []
    for start in range(len(text)):
        cap = start + max_match_chars
        ends = [end for end in range(start + 1, min(len(text), cap) + 1) if is_match(pattern, text, start, end)]
        if cap <= len(text) and is_alive(pattern, text[:cap], start):
            ends.append(cap)
        if ends:
            matches.append((start, max(ends)))
    return matches
