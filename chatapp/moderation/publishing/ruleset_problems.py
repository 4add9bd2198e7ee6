"""
What keeps rules from being published together, though each may be by itself. Pure; knows no database.

A judge is never the only gate: it is the model that it watches, and what talks the one into something talks the other.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.offer import Kinds
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Stage


class LoneJudge(NamedTuple):
    """A rule of a judge that withholds at a stage where no other kind of rule does."""

    rule_id: str
    stage: Stage


def lone_judges(rules: Sequence[Rule], *, kinds: Kinds) -> Iterator[LoneJudge]:
    """Shadow rules keep nothing back and count on neither side."""
    for stage in Stage:
        withholding = [rule for rule in rules if rule.withholds_at(stage)]
        if all(kinds[rule.kind].may_be_talked_round for rule in withholding):
            yield from (LoneJudge(rule.id, stage) for rule in withholding)
