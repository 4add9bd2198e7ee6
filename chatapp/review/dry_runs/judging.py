"""
Judges many past messages with the rules asked about and with those in force. Owns what need not be judged twice.

Knows no database. How texts are searched is one function, `find_many`.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Self

from chatapp.moderation.gate import find_matches, judge
from chatapp.moderation.rule import Rule
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import Match, Stage
from chatapp.review.dry_runs.tally import Judged

FindMany = Callable[[Ruleset, Stage, Sequence[str]], list[tuple[Match, ...]]]


def find_many(ruleset: Ruleset, stage: Stage, texts: Sequence[str]) -> list[tuple[Match, ...]]:
    """Every match in each text. The one place to make a dry run faster: any other way must find the same."""
    return [find_matches(ruleset, text, stage) for text in texts]


def rules_equal(one: Rule, other: Rule) -> bool:
    """Whether they judge alike: a new revision alone changes nothing."""
    return replace(one, revision=0) == replace(other, revision=0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    The rules asked about beside those in force.

    Rules do not know each other, so what an unchanged rule matches is matched today: only the others of today's are
    judged once more.
    """

    asked: Ruleset
    differing_today: Ruleset
    unchanged: frozenset[str]

    @classmethod
    def of(cls, *, asked: Sequence[Rule], today: Sequence[Rule]) -> Self:
        by_id = {rule.id: rule for rule in asked}
        unchanged = {rule.id for rule in today if rule.id in by_id and rules_equal(rule, by_id[rule.id])}
        differing = tuple(rule for rule in today if rule.id not in unchanged)
        return cls(Ruleset(0, tuple(asked)), Ruleset(0, differing), frozenset(unchanged))

    def judge(self, texts: Sequence[str], stage: Stage, *, find: FindMany = find_many) -> list[Judged]:
        asked = find(self.asked, stage, texts)
        others = find(self.differing_today, stage, texts) if self.differing_today.rules else [()] * len(texts)
        return [
            Judged(stage, now, (*(match for match in now if match.rule_id in self.unchanged), *other))
            for now, other in zip(asked, others, strict=True)
        ]

    def cost_us(self, text: str, stage: Stage) -> int:
        """What the gate takes for one such message, in microseconds."""
        began_ns = time.perf_counter_ns()
        judge(self.asked, text, stage)
        return (time.perf_counter_ns() - began_ns) // 1000
