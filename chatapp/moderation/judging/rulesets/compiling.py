"""
Rules made ready for matching: one automaton for the phrases of a whole ruleset, and the detectors of each stage.

What is compiled is immutable and shared by every text; it reads none itself (scanning.py does).
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import pairwise
from typing import NamedTuple

from chatapp.moderation.judging.automata.automaton import Automaton, build_automaton
from chatapp.moderation.judging.classifiers.offer import Offer
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.sources import Sources, compile_sources
from chatapp.moderation.judging.text.normalise import WORD_END, pattern_symbols
from chatapp.moderation.judging.verdict import RuleKind, Stage

_WORD_END = chr(WORD_END)
# So many patterns are worth numpy: plain Python takes 50 ms for them.
MIN_LARGE = 10_000


class Pattern(NamedTuple):
    """
    One keyword or allow phrase: its length in symbols, and the rules (by number) that deny or allow it.

    num_trailing_boundaries: 1 if its last symbol only says that the word is over: it stands for no character.
    """

    length: int
    num_trailing_boundaries: int
    denied_by: Sequence[int]
    allowed_by: Sequence[int]


@dataclass(frozen=True, slots=True)
class Owners:
    """By pattern, the rules that name it: those of pattern n are `rule_numbers[starts[n]:starts[n + 1]]`."""

    starts: array[int]
    rule_numbers: array[int]

    def of(self, number: int) -> array[int]:
        return self.rule_numbers[self.starts[number] : self.starts[number + 1]]


@dataclass(frozen=True, slots=True)
class Dictionary:
    """
    The phrases of all rules of a ruleset in one automaton, for every stage: what takes time to build.

    ends_word: by pattern, 1 if its last symbol is a word's end. allowed_by_alive: by state, the rules with an allow
    phrase that goes on from exactly here.
    """

    automaton: Automaton
    ends_word: array[int]
    denied_by: Owners
    allowed_by: Owners
    allowed_by_alive: Mapping[int, frozenset[int]]

    def pattern(self, number: int) -> Pattern:
        length = self.automaton.depth[self.automaton.pattern_end[number]]
        return Pattern(length, self.ends_word[number], self.denied_by.of(number), self.allowed_by.of(number))

    @property
    def num_patterns(self) -> int:
        return len(self.ends_word)


@dataclass(frozen=True)  # without slots, as cached_property asks
class Lookout:
    """
    Which rules look, and what finds for them. One for all stages at which the same rules look.

    numbers: of the rules that look; those of them that hold follow from that. offer: what they ask.
    """

    rules: tuple[Rule, ...]
    numbers: frozenset[int]
    offer: Offer

    @property
    def holding(self) -> frozenset[int]:
        return _holding_among(self.rules, self.numbers)

    @cached_property
    def sources(self) -> Sources:
        """Built at first use; two threads may both build them, either result serves."""
        return compile_sources(self.rules, looking=self.numbers, holding=self.holding, offer=self.offer)


@dataclass(frozen=True, slots=True)
class CompiledRules:
    """
    The rules as one stage sees them.

    held_depth: by state, the length of the longest suffix that may still become a withheld match.
    """

    lookout: Lookout
    dictionary: Dictionary
    held_depth: array[int]

    @property
    def rules(self) -> tuple[Rule, ...]:
        return self.lookout.rules

    @property
    def offer(self) -> Offer:
        return self.lookout.offer

    @property
    def looking(self) -> frozenset[int]:
        """Numbers of the rules that look at this stage; the others' matches do not count."""
        return self.lookout.numbers

    @property
    def holding(self) -> frozenset[int]:
        """Rules that may take text away at this stage."""
        return self.lookout.holding

    @property
    def sources(self) -> Sources:
        return self.lookout.sources

    @property
    def waits(self) -> bool:
        """Whether a rule asks something that does not answer at once, so that who reads a text may have to wait."""
        return any(rule.waits for source in self.sources.classifiers for rule in source.rules)


def compile_rules(rules: Sequence[Rule], offer: Offer) -> Mapping[Stage, CompiledRules]:
    """All stages of a ruleset: they share one automaton, and their hold-back where the same rules hold."""
    dictionary = build_dictionary(rules)
    depths: dict[frozenset[int], array[int]] = {}
    for stage in Stage:
        holding = holding_rules(rules, stage)
        if holding not in depths:
            depths[holding] = _held_depth(dictionary, holding)
    held = {stage: depths[holding_rules(rules, stage)] for stage in Stage}
    return compiled_by_stage(tuple(rules), dictionary, held, offer=offer)


def compiled_by_stage(
    rules: tuple[Rule, ...], dictionary: Dictionary, held_depth: Mapping[Stage, array[int]], *, offer: Offer
) -> Mapping[Stage, CompiledRules]:
    """Of what was built before, here or elsewhere."""
    lookouts: dict[frozenset[int], Lookout] = {}
    compiled = {}
    for stage in Stage:
        looking = looking_rules(rules, stage)
        lookout = lookouts.setdefault(looking, Lookout(rules, looking, offer))
        compiled[stage] = CompiledRules(lookout, dictionary, held_depth[stage])
    return compiled


def only_rules(compiled: Mapping[Stage, CompiledRules], numbers: frozenset[int]) -> Mapping[Stage, CompiledRules]:
    """The same with fewer rules that look; all else is shared, detectors too wherever the same rules go on looking."""
    lookouts = {stage_rules.looking: stage_rules.lookout for stage_rules in compiled.values()}
    narrowed = {}
    for stage, stage_rules in compiled.items():
        looking = stage_rules.looking & numbers
        lookout = lookouts.setdefault(looking, Lookout(stage_rules.rules, looking, stage_rules.offer))
        narrowed[stage] = replace(stage_rules, lookout=lookout)
    return narrowed


def looking_rules(rules: Sequence[Rule], stage: Stage) -> frozenset[int]:
    return frozenset(number for number, rule in enumerate(rules) if stage in rule.stages)


def holding_rules(rules: Sequence[Rule], stage: Stage) -> frozenset[int]:
    """Those that may take text away at this stage, so that a stream has to wait for them."""
    return _holding_among(rules, looking_rules(rules, stage))


def _holding_among(rules: Sequence[Rule], numbers: frozenset[int]) -> frozenset[int]:
    return frozenset(number for number in numbers if rules[number].holds)


def build_dictionary(rules: Sequence[Rule]) -> Dictionary:
    denied_by: dict[str, list[int]] = {}
    allowed_by: dict[str, list[int]] = {}
    for number, rule in enumerate(rules):
        for phrases, owners in ((_keywords(rule), denied_by), (_allow_phrases(rule), allowed_by)):
            # A ruleset that was published before blank phrases were refused must still be readable.
            for symbols in {symbols: None for phrase in phrases if (symbols := _symbols(phrase))}:
                owners.setdefault(symbols, []).append(number)
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


def _keywords(rule: Rule) -> Sequence[str]:
    return rule.words if rule.kind is RuleKind.KEYWORD else ()


def _allow_phrases(rule: Rule) -> Sequence[str]:
    return KINDS[rule.kind].allow_phrases(rule)


def _owners(patterns: Sequence[str], by_symbols: Mapping[str, Sequence[int]]) -> Owners:
    if not by_symbols:
        return Owners(array("i", bytes(4 * (len(patterns) + 1))), array("i"))
    owners = Owners(array("i", [0]), array("i"))
    for symbols in patterns:
        owners.rule_numbers.extend(by_symbols.get(symbols, ()))
        owners.starts.append(len(owners.rule_numbers))
    return owners


def _held_depth(dictionary: Dictionary, holding: frozenset[int]) -> array[int]:
    denied_by = dictionary.denied_by
    is_held = [number in holding for number in denied_by.rule_numbers]
    held = [pattern for pattern, (start, end) in enumerate(pairwise(denied_by.starts)) if any(is_held[start:end])]
    return _alive_depth(dictionary.automaton, held)
