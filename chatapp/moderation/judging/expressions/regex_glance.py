"""
What every match of a pattern holds, as an expression for RE2. Owns the choice of it; finds nothing itself.

Of each automaton: the longest run of characters that no way from its entry to acceptance goes around, as sets of code
points one behind the other. It must come before a match's greatest length, as what is that long is a match whatever
it lacks. RE2 then looks for the runs of all patterns at once in a text read through `light_fold`.
"""

from collections.abc import Callable, Container, Sequence

import re2

from chatapp.moderation.judging.expressions.char_sets import CharSet, light_fold
from chatapp.moderation.judging.expressions.nfa import ACCEPT, Consume, Nfa, Require, Split
from chatapp.moderation.judging.expressions.regex_detector import RegexSource
from chatapp.moderation.judging.text.spelling import spelled, spelled_by_code

# Which states nothing goes around is asked of each state once, so it takes their square: 20 ms with so many.
_MAX_STATES = 200
# A longer run says hardly more.
_MAX_RUN = 24
_RE2_MAX_BYTES = 64 << 20
_SURROGATES = CharSet.of([(0xD800, 0xDFFF)])

_FOLDED_BY_CODE = spelled_by_code(light_fold)


def regex_glance(source: RegexSource) -> Callable[[str], bool] | None:
    """None if some pattern has no such character: then nothing can be told without reading."""
    runs = [longest_needed_run(nfa, max_chars=source.max_match_chars) for nfa in source.automaton.nfas]
    if not all(runs):
        return None
    options = re2.Options()
    options.max_mem, options.log_errors = _RE2_MAX_BYTES, False
    try:
        search = re2.compile("|".join(sorted({"".join(map(_as_class, run)) for run in runs})), options).search
    except re2.error:  # too large
        return None
    return lambda text: search(text.translate(_FOLDED_BY_CODE)) is not None


def longest_needed_run(nfa: Nfa, *, max_chars: int) -> Sequence[CharSet]:
    """Sets of which every match takes a character each, one right behind the other, or ()."""
    if len(nfa.states) > _MAX_STATES:
        return ()
    consuming = [number for number, state in enumerate(nfa.states) if isinstance(state, Consume)]
    taken_before = {number: taken for number in consuming if (taken := _most_taken_before(nfa, number)) is not None}
    runs = [_run_from(nfa, number, taken_before)[: max(0, max_chars - taken)] for number, taken in taken_before.items()]
    return max((run for run in runs if all(chars.ranges for chars in run)), key=len, default=())


def _most_taken_before(nfa: Nfa, number: int) -> int | None:
    """The most characters on a way to this state; None if some way goes around it, or round and round before it."""
    most: dict[int, int | None] = {number: 0}

    def most_from(start: int) -> int | None:
        if start not in most:
            most[start] = None  # met again before it is known: a loop
            after = [most_from(target) for target in _targets(nfa, start)]
            known = [num_chars for num_chars in after if num_chars is not None]
            if after and len(known) == len(after):
                most[start] = max(known) + isinstance(nfa.states[start], Consume)
        return most[start]

    return most_from(nfa.entry)


def _targets(nfa: Nfa, number: int) -> tuple[int, ...]:
    match nfa.states[number]:
        case Consume(_, then) | Require(_, then):
            return (then,)
        case Split(targets):
            return targets
        case _:
            return ()


def _run_from(nfa: Nfa, number: int, needed: Container[int]) -> list[CharSet]:
    """As long as exactly one character may follow; no state twice."""
    run: list[CharSet] = []
    seen: set[int] = set()
    while number in needed and number not in seen and len(run) < _MAX_RUN:
        state = nfa.states[number]
        if not isinstance(state, Consume):
            break
        seen.add(number)
        run.append(state.chars)
        following = _next_consumed(nfa, state.then)
        if len(following) != 1:
            break
        (number,) = following
    return run


def _next_consumed(nfa: Nfa, start: int) -> set[int]:
    """Where a character is taken next, or ACCEPT, whatever assertions ask."""
    seen, waiting, consumed = {start}, [start], set[int]()
    while waiting:
        number = waiting.pop()
        if number == ACCEPT or isinstance(nfa.states[number], Consume):
            consumed.add(number)
            continue
        for target in _targets(nfa, number):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return consumed


def _as_class(chars: CharSet) -> str:
    """A text's half of a character pair is read as U+FFFD: a set that holds one holds that too."""
    ranges = list(chars.ranges)
    if chars.meets(_SURROGATES):
        ranges.append((ord(spelled("\ud800")),) * 2)
    return "[" + "".join(rf"\x{{{first:x}}}-\x{{{last:x}}}" for first, last in _without_surrogates(ranges)) + "]"


def _without_surrogates(ranges: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    parts = []
    for first, last in ranges:
        parts += [(first, min(last, 0xD7FF)), (max(first, 0xE000), last)]
    return [(first, last) for first, last in parts if first <= last]
