"""
Puts withheld text back where it was taken from. Pure: released text, spans and evidence in, the original out.

Undoes what `moderation.gate.OutputGate` did to one text: a mask is one character for one, a replacement stands once for
its span, a block kept the rest. Evidence is one line per span, as the gate wrote it. It never guesses: where the pieces
allow two readings or none, it refuses.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from chatapp.moderation.judging.gate import MASK, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.verdict import STRENGTH, Action, Stage

# Texts with more withheld spans in one step than this have more readings than anyone would try.
MAX_READINGS = 2000


class RestorationAmbiguous(ValueError):
    """The pieces do not say, or do not say unambiguously, what the text was."""


@dataclass(frozen=True, slots=True)
class Span:
    """What one enforced, withholding match covered: characters [start, end). replacement: for `replace`."""

    start: int
    end: int
    action: Action
    rule_id: str
    replacement: str = ""


@dataclass(frozen=True, slots=True)
class Withheld:
    """What one verdict took away: its withholding spans in the order in which they settled, and their evidence."""

    spans: tuple[Span, ...]
    evidence: str


# Known characters by place, and the tail that a block kept.
_Reading = tuple[Mapping[int, str], str | None]


def restore(released: str, withheld: Sequence[Withheld], *, agrees: Callable[[str], bool]) -> str:
    """
    The text as it was before anything was withheld, as far as it was written.

    agrees: whether the rules of that time do to a text what was done; asked only where the pieces fit two texts.
    :raises RestorationAmbiguous:
    """
    found = {text for known, tail in _readings(tuple(withheld)) for text in _merged(released, withheld, known, tail)}
    if len(found) > 1:
        found = set(filter(agrees, found))
    if len(found) != 1:
        raise RestorationAmbiguous(f"{len(found)} readings of the evidence fit the released text")
    return found.pop()


def rules_agree(
    text: str, *, ruleset: CompiledRuleset, stage: Stage, released: str, withheld: Sequence[Withheld]
) -> bool:
    """Judge a text again: whether the same is released, and the same spans are withheld."""
    verdict = judge(ruleset, text, stage, part=Part.AT_ONCE)  # no model is asked again: its answer may be another
    spans = {(match.start, match.end, match.rule_id) for match in verdict.matches if match.withholds}
    recorded = {(span.start, span.end, span.rule_id) for one in withheld for span in one.spans}
    return verdict.released_text == released and spans == recorded


def _readings(withheld: tuple[Withheld, ...]) -> Iterator[_Reading]:
    """Every way to cut all evidence into the characters of its spans."""
    num_read = 0
    stack: list[tuple[int, Mapping[int, str], str | None]] = [(0, {}, None)]
    while stack:
        number, known, tail = stack.pop()
        if number == len(withheld):
            num_read += 1
            if num_read > MAX_READINGS:
                raise RestorationAmbiguous("the evidence has too many readings")
            yield known, tail
            continue
        for more, more_tail in _cut(withheld[number].spans, withheld[number].evidence):
            if (both := _joined(known, more)) is not None:
                stack.append((number + 1, both, tail if more_tail is None else more_tail))


def _cut(spans: tuple[Span, ...], evidence: str) -> Iterator[_Reading]:
    """
    Read lines for the first spans, then for the rest. Spans that settled at one character share lines; how many did is
    not on record, so every number is tried.
    """
    if not spans:
        if not evidence:
            yield {}, None
        return
    for count in range(1, len(spans) + 1):
        batch, rest = spans[:count], spans[count:]
        if any(span.action is Action.BLOCK for span in batch):
            if not rest:  # a block is the last that settles; its line is all that was held
                yield {}, evidence
            continue
        lines = _covered([(span.start, span.end) for span in batch])
        num_chars = sum(end - start for start, end in lines) + len(lines) - 1
        head, gap, tail = evidence[:num_chars], evidence[num_chars : num_chars + 1], evidence[num_chars + 1 :]
        if len(head) < num_chars or (rest and gap != "\n") or (not rest and gap):
            continue
        if (known := _placed(lines, head)) is None:
            continue
        for more, more_tail in _cut(rest, tail):
            if (both := _joined(known, more)) is not None:
                yield both, more_tail


def _placed(lines: Sequence[tuple[int, int]], text: str) -> dict[int, str] | None:
    """Each line's characters at their places; None if a line does not end where its span does."""
    known: dict[int, str] = {}
    at = 0
    for number, (start, end) in enumerate(lines):
        if number and text[at - 1] != "\n":
            return None
        known.update(zip(range(start, end), text[at : at + end - start], strict=True))
        at += end - start + 1
    return known


def _joined(first: Mapping[int, str], second: Mapping[int, str]) -> Mapping[int, str] | None:
    """Both, or None where they disagree."""
    if any(second[place] != char for place, char in first.items() if place in second):
        return None
    return {**first, **second}


def _covered(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same characters, each in one span only, as the gate joins them."""
    covered: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if covered and start <= covered[-1][1]:
            covered[-1] = (covered[-1][0], max(end, covered[-1][1]))
        else:
            covered.append((start, end))
    return covered


def _merged(released: str, withheld: Sequence[Withheld], known: Mapping[int, str], tail: str | None) -> Iterator[str]:
    """Walk the released text and put the known characters back; nothing where the two do not fit."""
    covers = [span for one in withheld for span in one.spans if span.action is not Action.BLOCK]
    original: list[str] = []
    at, num_shown, before = 0, 0, None
    while True:
        cover = _cover_at(covers, len(original))
        shown = _shown(cover, before)
        if at == len(released) and (cover is None or shown):
            break
        if cover is None:
            original.append(released[at])
        elif len(original) in known and released.startswith(shown, at):
            original.append(known[len(original)])
        else:
            return
        at += 1 if cover is None else len(shown)
        num_shown = len(original) if cover is None or shown else num_shown
        before = cover
    text = "".join(original)
    if tail is not None:
        yield from _with_tail(text, num_shown, withheld, known, tail)
    elif all(span.end <= len(text) for span in covers):  # a mask that was never shown belongs to another text
        yield text


def _shown(cover: Span | None, before: Span | None) -> str:
    """What the gate let stand for one covered character."""
    if cover is None:
        return ""
    if cover.action is Action.REPLACE:
        return cover.replacement if cover != before else ""
    return MASK


def _with_tail(
    text: str, num_shown: int, withheld: Sequence[Withheld], known: Mapping[int, str], tail: str
) -> Iterator[str]:
    """
    Add what a block kept. It begins where the released text ends, or, where that is a replacement, perhaps inside the
    span that this stands for.
    """
    blocks = [span for one in withheld for span in one.spans if span.action is Action.BLOCK]
    first, last = min(span.start for span in blocks), max(span.end for span in blocks)
    for begin in range(num_shown, min(len(text), first) + 1):
        kept = dict(enumerate(tail, begin))
        reaches = begin + len(tail) >= last and all(
            kept.get(place) == known[place] for place in known if place >= begin
        )
        if reaches and tail.startswith(text[begin:]):
            yield text[:begin] + tail


def _cover_at(covers: Sequence[Span], place: int) -> Span | None:
    """The strongest span over a character, as the gate chooses."""
    over = (span for span in covers if span.start <= place < span.end)
    return min(over, key=lambda s: (-STRENGTH[s.action], s.start, -s.end, s.rule_id), default=None)
