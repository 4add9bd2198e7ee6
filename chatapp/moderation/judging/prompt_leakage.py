"""
Finds pieces of one system prompt in one answer: any eight words or sixteen characters of it in a row.

Pieces are keywords like any other, so case, accents, width and traditional Chinese do not matter. Knows no
conversation. There is no canary: it changes what the model writes and saw no leak that pieces did not (decision 0038).
"""

import re
from collections.abc import Sequence
from functools import lru_cache

from chatapp.moderation.judging.detecting import Detector, Found
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.compiled import CompiledRules
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, compile_rules
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.scanning import Scanner
from chatapp.moderation.judging.verdict import Action, Match, RuleKind, RuleState, Stage

# A word of a script that is written with spaces counts as much as two characters of another.
_WEIGHT_OF_PIECE = 16
_WEIGHT_OF_WORD = 2
_UNIT = re.compile("(?P<word>[^\\W_\u0590-\U0010ffff]+)|[^\\W_]")
_MAX_PROMPTS = 16  # conversations that were opened with the same text share the work


def pieces(prompt: str) -> tuple[str, ...]:
    """As they stand in the prompt, each once; none of a prompt that is shorter than a piece."""
    units = [(unit.start(), unit.end(), _WEIGHT_OF_WORD if unit["word"] else 1) for unit in _UNIT.finditer(prompt)]
    found: dict[str, None] = {}
    weight = last = 0
    for start, _end, own_weight in units:
        while weight < _WEIGHT_OF_PIECE and last < len(units):
            weight += units[last][2]
            last += 1
        if weight < _WEIGHT_OF_PIECE:
            break
        found[prompt[start : units[last - 1][1]]] = None
        weight -= own_weight
    return tuple(found)


def prompt_detectors(ruleset: CompiledRuleset, stage: Stage, *, prompt: str) -> list[Detector]:
    """One for each rule that looks for its prompt at this stage."""
    numbers = [number for number, rule in enumerate(ruleset.rules) if _looks(rule, stage)]
    return [PromptDetector(_scanner(ruleset, number, prompt), rule_number=number) for number in numbers]


def _scanner(ruleset: CompiledRuleset, number: int, prompt: str) -> Scanner:
    return Scanner(_compiled(prompt, holds=ruleset.rules[number].holds, offer=ruleset.offer))


def _looks(rule: Rule, stage: Stage) -> bool:
    return rule.kind is RuleKind.SYSTEM_PROMPT and stage in rule.stages


@lru_cache(maxsize=_MAX_PROMPTS)
def _compiled(prompt: str, *, holds: bool, offer: Offer) -> CompiledRules:
    keywords = Rule(
        id="prompt",
        revision=1,
        category="",
        severity=1,
        action=Action.BLOCK if holds else Action.FLAG,
        state=RuleState.ENFORCING,
        stages=frozenset({Stage.OUTPUT}),
        words=pieces(prompt),
    )
    return compile_rules([keywords], offer=offer)[Stage.OUTPUT]


class PromptDetector:
    """See detecting.Detector: a scanner of its own, whose matches are the rule's."""

    def __init__(self, scanner: Scanner, *, rule_number: int) -> None:
        self._scanner = scanner
        self._rule_number = rule_number

    def read(self, char: str) -> Sequence[Found]:
        return [self._found(match) for settled in self._scanner.read(char) for match in settled]

    def end(self) -> Sequence[Found]:
        return [self._found(match) for match in self._scanner.end()]

    def _found(self, match: Match) -> Found:
        return Found(self._rule_number, match.start, match.end)

    @property
    def alive_from(self) -> int | None:
        held_from = self._scanner.held_from
        return held_from if held_from < self._scanner.num_chars else None

    def copy(self) -> "PromptDetector":
        return PromptDetector(self._scanner.copy(), rule_number=self._rule_number)
