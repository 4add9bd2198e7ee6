"""
Judges many past messages with the rules asked about and with those in force. Owns what need not be judged twice.

Knows no database. How texts are searched is the batch's business (moderation/judging/batch.py).
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Match, Stage
from chatapp.review.dry_runs.tally import Judged

# By what a comparison makes its judges; a test's may die at a chosen text.
MakeJudge = Callable[[CompiledRuleset, Stage], BatchJudge]
# No model is in the process that runs it: rules that ask one are left out.
judge_at_once: MakeJudge = partial(BatchJudge, part=Part.AT_ONCE)


def rules_equal(one: Rule, other: Rule) -> bool:
    """Whether they judge alike: a new revision alone changes nothing."""
    return replace(one, revision=0) == replace(other, revision=0)


@dataclass(frozen=True, slots=True)
class Comparison:
    """
    The rules asked about beside those in force.

    Rules do not know each other, so what an unchanged rule matches is matched today: only the others of today's are
    judged once more. Each ruleset has one judge a stage, made when the first text of that stage comes.
    """

    asked: CompiledRuleset
    differing_today: CompiledRuleset
    unchanged: frozenset[str]
    make_judge: MakeJudge = judge_at_once
    _judges: dict[tuple[bool, Stage], BatchJudge] = field(init=False, repr=False, compare=False, default_factory=dict)

    @classmethod
    def of(cls, *, asked: CompiledRuleset, today: Sequence[Rule], make_judge: MakeJudge = judge_at_once) -> Self:
        by_id = {rule.id: rule for rule in asked.rules}
        unchanged = {rule.id for rule in today if rule.id in by_id and rules_equal(rule, by_id[rule.id])}
        differing = tuple(rule for rule in today if rule.id not in unchanged)
        return cls(asked, replace(asked, rules=differing), frozenset(unchanged), make_judge)

    def judge(self, texts: Sequence[str], stage: Stage) -> list[Judged]:
        asked = self._judge_of(stage, is_today=False).find_many(texts)
        others: Sequence[tuple[Match, ...]] = [()] * len(texts)
        if self.differing_today.rules:
            others = self._judge_of(stage, is_today=True).find_many(texts)
        return [
            Judged(stage, now, (*(match for match in now if match.rule_id in self.unchanged), *other))
            for now, other in zip(asked, others, strict=True)
        ]

    def cost_us(self, text: str, stage: Stage) -> int:
        """What the gate takes for one such message, in microseconds."""
        began_ns = time.perf_counter_ns()
        judge(self.asked, text, stage, part=Part.AT_ONCE)
        return (time.perf_counter_ns() - began_ns) // 1000

    def _judge_of(self, stage: Stage, *, is_today: bool) -> BatchJudge:
        if (is_today, stage) not in self._judges:
            ruleset = self.differing_today if is_today else self.asked
            self._judges[is_today, stage] = self.make_judge(ruleset, stage)
        return self._judges[is_today, stage]
