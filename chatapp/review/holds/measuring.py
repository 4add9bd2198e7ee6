"""How many characters a rule alone makes a stream hold back. Pure: texts in, percentiles out."""

from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.kinds import KINDS
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Stage

# What is measured needs no classifier.
_ASKS_NOBODY = Offer(KINDS)


class Hold(NamedTuple):
    """Characters held after a character was read, over num_chars of them: nearest-rank percentiles."""

    p50_chars: int
    p99_chars: int
    num_chars: int


def is_measurable(rule: Rule) -> bool:
    return KINDS[rule.kind].holds_alone and Stage.OUTPUT in rule.stages


def hold_of(rule: Rule, texts: Iterable[str]) -> Hold | None:
    """The rule as it is: one that takes nothing away holds nothing. None where there is no character to read."""
    held: Counter[int] = Counter()
    ruleset = CompiledRuleset(0, (rule,), _ASKS_NOBODY)
    for text in texts:
        if rule.holds:
            _hold(ruleset, text, held)
        else:
            held[0] += len(text)
    num_chars = held.total()
    return Hold(_percentile(held, 50), _percentile(held, 99), num_chars) if num_chars else None


def _hold(ruleset: CompiledRuleset, text: str, held: Counter[int]) -> None:
    """Up to a block: nothing is held for what nobody will see."""
    gate = OutputGate(ruleset, Stage.OUTPUT)
    for char in text:
        gate.feed(char)
        if gate.blocked:
            return
        held[gate.num_held_chars] += 1


def _percentile(held: Counter[int], percent: int) -> int:
    """The nearest rank: of n numbers in order, the one at place ⌈n · percent / 100⌉."""
    num_left = -(-held.total() * percent // 100)
    for num_chars, num_times in sorted(held.items()):
        num_left -= num_times
        if num_left <= 0:
            return num_chars
    return 0
