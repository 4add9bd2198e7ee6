"""Builds a ruleset's dictionary, and says what its rules hold back. Knows rules by their numbers alone."""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Mapping, Sequence
from itertools import pairwise

from chatapp.moderation.judging.automata.automaton import Automaton, build_automaton
from chatapp.moderation.judging.rulesets.dictionary import Dictionary, Owners
from chatapp.moderation.judging.text.normalise import WORD_END, pattern_symbols

_WORD_END = chr(WORD_END)
# So many patterns are worth numpy: plain Python takes 50 ms for them.
MIN_LARGE = 10_000


def build_dictionary(*, denied: Sequence[Sequence[str]], allowed: Sequence[Sequence[str]]) -> Dictionary:
    """denied, allowed: keywords and allow phrases of each rule, by its number."""
    denied_by, allowed_by = _by_symbols(denied), _by_symbols(allowed)
    patterns = list({**denied_by, **allowed_by})
    automaton = _automaton(patterns)
    alive: dict[int, frozenset[int]] = {}
    for number, symbols in enumerate(patterns) if allowed_by else ():
        for state in automaton.unfinished(number) if symbols in allowed_by else ():
            alive[state] = alive.get(state, frozenset()).union(allowed_by[symbols])
    return Dictionary(
        automaton,
        array("b", [symbols[-1] == _WORD_END for symbols in patterns]),
        _owners(patterns, denied_by),
        _owners(patterns, allowed_by),
        alive,
    )


def _by_symbols(phrases_by_rule: Sequence[Sequence[str]]) -> dict[str, list[int]]:
    """The rules that name them."""
    owners: dict[str, list[int]] = {}
    for number, phrases in enumerate(phrases_by_rule):
        # A ruleset that was published before blank phrases were refused must still be readable.
        for symbols in {symbols: None for phrase in phrases if (symbols := _symbols(phrase))}:
            owners.setdefault(symbols, []).append(number)
    return owners


def _symbols(phrase: str) -> str:
    """As a text: it is sorted, compared and looked up, and remembers its hash."""
    return "".join(map(chr, pattern_symbols(phrase)))


def _automaton(patterns: Sequence[str]) -> Automaton:
    if len(patterns) < MIN_LARGE:
        return build_automaton(patterns)
    # numpy takes 0.1 s and 25 MB: only for who compiles so much.
    from chatapp.moderation.judging.automata.large_automaton import build_large_automaton

    return build_large_automaton(patterns)


def _alive_depth(automaton: Automaton, patterns: Sequence[int]) -> array[int]:
    if len(patterns) < MIN_LARGE:
        return automaton.alive_depth(patterns)
    from chatapp.moderation.judging.automata.large_automaton import alive_depth

    return alive_depth(automaton, patterns)


def _owners(patterns: Sequence[str], by_symbols: Mapping[str, Sequence[int]]) -> Owners:
    if not by_symbols:
        return Owners(array("i", bytes(4 * (len(patterns) + 1))), array("i"))
    owners = Owners(array("i", [0]), array("i"))
    for symbols in patterns:
        owners.rule_numbers.extend(by_symbols.get(symbols, ()))
        owners.starts.append(len(owners.rule_numbers))
    return owners


def held_depth(dictionary: Dictionary, holding: frozenset[int]) -> array[int]:
    """By state, the length of the longest suffix that may still become a keyword of a rule that holds."""
    denied_by = dictionary.denied_by
    is_held = [number in holding for number in denied_by.rule_numbers]
    held = [pattern for pattern, (start, end) in enumerate(pairwise(denied_by.starts)) if any(is_held[start:end])]
    return _alive_depth(dictionary.automaton, held)
