"""
A ruleset as an immutable value, read from and written to JSON. Knows no database; what judges is a compiled one
(`compiling.CompiledRuleset`).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid


@dataclass(frozen=True, slots=True)
class Ruleset:
    """One published version."""

    version: int
    rules: tuple[Rule, ...]
    _by_id: dict[str, Rule] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_by_id", {rule.id: rule for rule in self.rules})
        if len(self._by_id) != len(self.rules):
            raise RulesetInvalid("two rules have the same id")

    @staticmethod
    def from_json(payload: str) -> "Ruleset":
        """
        Of a payload whose rules were looked through when it was published.

        :raises RulesetInvalid: if it is no ruleset, or one of words that this version of the product does not know.
        """
        try:
            raw = json.loads(payload)
            return Ruleset(version=int(raw["version"]), rules=tuple(map(Rule.from_json, raw["rules"])))
        except (KeyError, TypeError, json.JSONDecodeError) as error:
            raise RulesetInvalid(f"this is no ruleset: {error!r}") from error

    def to_json(self) -> str:
        """Canonical: equal rulesets give equal bytes."""
        raw = {"version": self.version, "rules": [rule.to_json() for rule in self.rules]}
        return json.dumps(raw, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def rule(self, rule_id: str) -> Rule:
        """:raises KeyError: if no rule of this version has the id."""
        return self._by_id[rule_id]

    def notice(self, rule_id: str, *, language: str) -> str:
        """The operator's sentence in that language, or in the other one, or ""."""
        return _in_language(self.rule(rule_id).notices, language)

    def safe_completion(self, rule_id: str, *, language: str) -> str:
        """The operator's answer in that language, or in the other one."""
        return _in_language(self.rule(rule_id).safe_completions, language)


def _in_language(texts: Mapping[str, str], language: str) -> str:
    return texts.get(language) or texts.get("en") or next(iter(texts.values()), "")
