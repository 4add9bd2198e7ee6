"""
A ruleset as an immutable value, read from and written to JSON. Knows no database.

It compiles itself once, for all stages; every stream that begins with it shares that.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import partial
from typing import Any, Self, assert_never

from chatapp.moderation.judging.classifiers.offer import BUNDLED_ALONE, Offer
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.rulesets.compiling import CompiledRules, compile_rules, only_rules
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.rule_problems import rule_from_json
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
class Ruleset:
    """
    One published version. A stream keeps the one it began with.

    offer: what its rules ask here; no part of what was published.
    """

    version: int
    rules: tuple[Rule, ...]
    offer: Offer = field(default=BUNDLED_ALONE, repr=False, compare=False)
    _by_id: dict[str, Rule] = field(init=False, repr=False, compare=False)
    _compiled: dict[Part, Mapping[Stage, CompiledRules]] = field(
        init=False, repr=False, compare=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {rule.id: rule for rule in self.rules})
        if len(self._by_id) != len(self.rules):
            raise RulesetInvalid("two rules have the same id")

    @classmethod
    def from_json(cls, payload: str, *, offer: Offer) -> Self:
        """:raises RulesetInvalid: if the payload is no ruleset or a rule in it has problems."""
        return cls._read(payload, partial(rule_from_json, offer=offer), offer)

    @classmethod
    def from_published_json(cls, payload: str, *, offer: Offer) -> Self:
        """
        Of a payload whose rules were looked through when it was published.

        :raises RulesetInvalid: if it is no ruleset, or one of words that this version of the product does not know.
        """
        return cls._read(payload, Rule.from_checked_json, offer)

    @classmethod
    def _read(cls, payload: str, rule: Callable[[Mapping[str, Any]], Rule], offer: Offer) -> Self:
        try:
            raw = json.loads(payload)
            return cls(version=int(raw["version"]), rules=tuple(map(rule, raw["rules"])), offer=offer)
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise RulesetInvalid(f"this is no ruleset: {error!r}") from error

    @classmethod
    def from_compiled(cls, version: int, compiled: Mapping[Stage, CompiledRules]) -> Self:
        """What another process compiled: nothing is left to do."""
        first = next(iter(compiled.values()))
        ruleset = cls(version, first.rules, first.offer)
        ruleset._compiled[Part.ALL] = compiled
        return ruleset

    def to_json(self) -> str:
        """Canonical: equal rulesets give equal bytes."""
        raw = {"version": self.version, "rules": [rule.to_json() for rule in self.rules]}
        return json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def rule(self, rule_id: str) -> Rule:
        """:raises KeyError: if no rule of this version has the id."""
        return self._by_id[rule_id]

    def asks_model(self, rule_id: str) -> bool:
        """Whether the rule can judge in a model worker alone. :raises KeyError: see `rule`."""
        return self._asks_model(self.rule(rule_id))

    def _asks_model(self, rule: Rule) -> bool:
        return KINDS[rule.kind].asks_model(rule, self.offer)

    def notice(self, rule_id: str, *, language: str) -> str:
        """The operator's sentence in that language, or in the other one, or ""."""
        return _in_language(self.rule(rule_id).notices, language)

    def safe_completion(self, rule_id: str, *, language: str) -> str:
        """The operator's answer in that language, or in the other one."""
        return _in_language(self.rule(rule_id).safe_completions, language)

    def compiled(self, stage: Stage, part: Part = Part.ALL) -> CompiledRules:
        return self._stages(part)[stage]

    def _stages(self, part: Part) -> Mapping[Stage, CompiledRules]:
        """Built at first use; two threads may both build them, either result serves."""
        if part not in self._compiled:
            self._compiled[part] = self._compile(part)
        return self._compiled[part]

    def _compile(self, part: Part) -> Mapping[Stage, CompiledRules]:
        asking = frozenset(number for number, rule in enumerate(self.rules) if self._asks_model(rule))
        match part:
            case Part.ALL:
                return compile_rules(self.rules, self.offer)
            case Part.AT_ONCE:
                return only_rules(self._stages(Part.ALL), frozenset(range(len(self.rules))) - asking)
            case Part.BY_MODEL:
                return only_rules(self._stages(Part.ALL), asking)
        assert_never(part)


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
