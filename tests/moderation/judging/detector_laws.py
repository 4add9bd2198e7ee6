"""The laws of every detector (detecting.py), as functions that a detector's own tests call with its rules and texts."""

import os
from collections.abc import Sequence

from hypothesis import settings

from chatapp.moderation.judging.detecting import Detector, DetectorSource, Found

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "200")), deadline=None)


def found_in(source: DetectorSource, text: str) -> list[Found]:
    return read_to_end(source.start(), text)


def read_all(detector: Detector, text: str) -> list[Found]:
    return [found for char in text for found in detector.read(char)]


def read_to_end(detector: Detector, text: str) -> list[Found]:
    return [*read_all(detector, text), *detector.end()]


def spans_in(source: DetectorSource, text: str) -> list[str]:
    return [text[found.start : found.end] for found in found_in(source, text)]


def alive_after(source: DetectorSource, text: str) -> int | None:
    """From where characters may still be found, once so much was read."""
    detector = source.start()
    read_all(detector, text)
    return detector.alive_from


def demand_exact_hold(source: DetectorSource, text: str, holding: Sequence[int]) -> None:
    """No character of a span of a rule that holds was ever before `alive_from`, or read and not alive, earlier."""
    detector = source.start()
    free_until = 0  # everything before it was said to be decided
    for num_chars, char in enumerate(text, 1):
        demand_well_formed(detector.read(char), num_chars, free_until, holding)
        alive_from = detector.alive_from
        assert alive_from is None or 0 <= alive_from < num_chars
        free_until = max(free_until, num_chars if alive_from is None else alive_from)
    demand_well_formed(detector.end(), len(text), free_until, holding)


def demand_well_formed(found: Sequence[Found], num_chars: int, free_until: int, holding: Sequence[int]) -> None:
    assert [(hit.end, hit.start) for hit in found] == sorted((hit.end, hit.start) for hit in found)
    for hit in found:
        assert 0 <= hit.start < hit.end <= num_chars
        assert hit.rule_number not in holding or hit.start >= free_until


def demand_independent_copies(source: DetectorSource, head: str, tail: str, other_tail: str) -> None:
    """A copy taken after `head` and read on with another tail leaves the first as if there were none, and reverse."""
    detector = source.start()
    before = read_all(detector, head)
    twin = detector.copy()

    assert twin.alive_from == detector.alive_from
    assert before + read_to_end(twin, other_tail) == found_in(source, head + other_tail)
    assert before + read_to_end(detector, tail) == found_in(source, head + tail)
