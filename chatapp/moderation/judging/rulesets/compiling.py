"""
Makes a ruleset ready for judging: one automaton for the phrases of all rules, and the detectors of each stage.

Owns which rule goes to which detector, by the kinds that are offered. Detectors are built once for the rules that look,
and shared by all texts.
"""

from __future__ import annotations  # array is generic for the type checker only

from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import partial
from typing import Any, Self, assert_never

from chatapp.moderation.judging.offer import Detection, Offer, Picked, Reads
from chatapp.moderation.judging.rulesets.compiled import CompiledRules, Lookout, ReadAlong, Sources, holding_among
from chatapp.moderation.judging.rulesets.dictionary import Dictionary
from chatapp.moderation.judging.rulesets.dictionary_building import build_dictionary, held_depth
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Stage


class Part(StrEnum):
    """
    Which rules of a ruleset are asked.

    Those that ask a model can be asked in a model worker alone; what is written elsewhere is judged without them first.
    """

    ALL = "all"
    AT_ONCE = "at_once"
    BY_MODEL = "by_model"


@dataclass(frozen=True, slots=True)
class CompiledRuleset(Ruleset):
    """
    A ruleset that judges, by what is offered here. A stream keeps the one it began with.

    It compiles itself once, for all stages; every stream that begins with it shares that.
    """

    offer: Offer = field(repr=False, compare=False)
    _compiled: dict[Part, Mapping[Stage, CompiledRules]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    @classmethod
    def of(cls, ruleset: Ruleset, *, offer: Offer) -> Self:
        return cls(ruleset.version, ruleset.rules, offer)

    @classmethod
    def from_compiled(cls, version: int, compiled: Mapping[Stage, CompiledRules], *, offer: Offer) -> Self:
        """What another process compiled: nothing is left to do."""
        ruleset = cls(version, next(iter(compiled.values())).rules, offer)
        ruleset._compiled[Part.ALL] = compiled
        return ruleset

    def asks_model(self, rule_id: str) -> bool:
        """Whether the rule can judge in a model worker alone. :raises KeyError: see `rule`."""
        return self.offer.asks_model(self.rule(rule_id))

    def trails(self, rule_id: str) -> bool:
        """Whether the rule's verdict on a stream comes behind what was released. :raises KeyError: likewise."""
        rule = self.rule(rule_id)
        return self.offer.kind(rule).trails(rule)

    def compiled(self, stage: Stage, part: Part = Part.ALL) -> CompiledRules:
        return self._stages(part)[stage]

    def _stages(self, part: Part) -> Mapping[Stage, CompiledRules]:
        """Built at first use; two threads may both build them, either result serves."""
        if part not in self._compiled:
            self._compiled[part] = self._compile(part)
        return self._compiled[part]

    def _compile(self, part: Part) -> Mapping[Stage, CompiledRules]:
        asking = frozenset(number for number, rule in enumerate(self.rules) if self.offer.asks_model(rule))
        match part:
            case Part.ALL:
                return compile_rules(self.rules, offer=self.offer)
            case Part.AT_ONCE:
                return only_rules(self._stages(Part.ALL), frozenset(range(len(self.rules))) - asking)
            case Part.BY_MODEL:
                return only_rules(self._stages(Part.ALL), asking)
        assert_never(part)


def compile_rules(rules: Sequence[Rule], *, offer: Offer) -> Mapping[Stage, CompiledRules]:
    """All stages of a ruleset: they share one automaton, and their hold-back where the same rules hold."""
    dictionary = build_dictionary(
        denied=[offer.kind(rule).keywords(rule) for rule in rules],
        allowed=[offer.kind(rule).allow_phrases(rule) for rule in rules],
    )
    depths: dict[frozenset[int], array[int]] = {}
    for stage in Stage:
        holding = holding_rules(rules, stage)
        if holding not in depths:
            depths[holding] = held_depth(dictionary, holding)
    held = {stage: depths[holding_rules(rules, stage)] for stage in Stage}
    return compiled_by_stage(tuple(rules), dictionary, held, offer=offer)


def compiled_by_stage(
    rules: tuple[Rule, ...], dictionary: Dictionary, held: Mapping[Stage, array[int]], *, offer: Offer
) -> Mapping[Stage, CompiledRules]:
    """Of what was built before, here or elsewhere."""
    compile_ = partial(compile_sources, offer=offer)
    lookouts: dict[frozenset[int], Lookout] = {}
    compiled = {}
    for stage in Stage:
        looking = looking_rules(rules, stage)
        lookout = lookouts.setdefault(looking, Lookout(rules, looking, compile_))
        compiled[stage] = CompiledRules(lookout, dictionary, held[stage])
    return compiled


def only_rules(compiled: Mapping[Stage, CompiledRules], numbers: frozenset[int]) -> Mapping[Stage, CompiledRules]:
    """The same with fewer rules that look; all else is shared, detectors too wherever the same rules go on looking."""
    lookouts = {stage_rules.looking: stage_rules.lookout for stage_rules in compiled.values()}
    narrowed = {}
    for stage, stage_rules in compiled.items():
        looking = stage_rules.looking & numbers
        lookout = lookouts.setdefault(looking, replace(stage_rules.lookout, numbers=looking))
        narrowed[stage] = replace(stage_rules, lookout=lookout)
    return narrowed


def looking_rules(rules: Sequence[Rule], stage: Stage) -> frozenset[int]:
    return frozenset(number for number, rule in enumerate(rules) if stage in rule.stages)


def holding_rules(rules: Sequence[Rule], stage: Stage) -> frozenset[int]:
    """Those that may take text away at this stage, so that a stream has to wait for them."""
    return holding_among(rules, looking_rules(rules, stage))


def compile_sources(lookout: Lookout, *, offer: Offer) -> Sources:
    holding = lookout.holding
    picked = [Picked(number, lookout.rules[number], number in holding) for number in sorted(lookout.numbers)]
    by_reads: dict[Reads, list[tuple[Detection, Any]]] = {reads: [] for reads in Reads}
    for detection, source in _compiled_by_detection(picked, offer):
        by_reads[detection.reads].append((detection, source))
    return Sources(
        streaming=tuple(ReadAlong(source, detection.glance) for detection, source in by_reads[Reads.ALONG]),
        finders=tuple(source for _, source in by_reads[Reads.WHOLE]),
        classifiers=tuple(source for _, source in by_reads[Reads.ASKING]),
    )


def _compiled_by_detection(picked: Sequence[Picked], offer: Offer) -> Iterator[tuple[Detection, Any]]:
    """One source for each detector that a rule asks something of, in the order of the kinds."""
    for detection in dict.fromkeys(asked.detection for kind in offer.kinds.values() for asked in kind.found_by):
        patterns = [
            pattern
            for one in picked
            for asked in offer.kind(one.rule).found_by
            if asked.detection is detection
            for pattern in asked.patterns(one, offer)
        ]
        if patterns:
            yield detection, detection.compile(patterns)
