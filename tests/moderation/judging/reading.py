"""What every detector owes, whatever it finds: reading a text with it, and the laws of detecting.py."""

import os
from collections.abc import Sequence

from hypothesis import settings

from chatapp.moderation.judging.detecting import Detector, DetectorSource, Found, Keyword

many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "200")), deadline=None)


def keywords(*phrases: str, holds: bool = True) -> list[Keyword]:
    return [Keyword(phrase, number, holds) for number, phrase in enumerate(phrases)]


def read_all(detector: Detector, text: str) -> list[Found]:
    """What is found in a text that ends here; its spans must come in order of their ends, then starts, each read."""
    found: list[Found] = []
    for batch in [*map(detector.read, text), detector.end()]:
        assert list(batch) == sorted(batch, key=lambda each: (each.end, each.start))
        found += batch
    return found


def spans(source: DetectorSource, text: str) -> list[tuple[int, int, int]]:
    return [(each.rule_number, each.start, each.end) for each in read_all(source.start(), text)]


def seen(source: DetectorSource, text: str) -> list[str]:
    return [text[each.start : each.end] for each in read_all(source.start(), text)]


def demand_no_leak(source: DetectorSource, text: str, *, holding: Sequence[int]) -> None:
    """After each character: what is not alive is in no span of a rule that holds that is reported later."""
    detector = source.start()
    reported: list[tuple[int, Found]] = []
    alive: list[int] = []
    for number, char in enumerate(text):
        reported += [(number, found) for found in detector.read(char)]
        alive_from = detector.alive_from
        assert alive_from is None or 0 <= alive_from <= number
        alive.append(number + 1 if alive_from is None else alive_from)
    reported += [(len(text), found) for found in detector.end()]
    for number, found in reported:
        if found.rule_number in holding:
            assert all(alive_from <= found.start for alive_from in alive[found.start : number])


def demand_copies_go_their_own_way(source: DetectorSource, before: str, after: str, other: str) -> None:
    original = source.start()
    read_before = [found for char in before for found in original.read(char)]
    copy = original.copy()

    assert copy.alive_from == original.alive_from
    read_all(copy, other)
    assert read_before + read_all(original, after) == read_all(source.start(), before + after)
