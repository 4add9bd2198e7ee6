"""What a dry run counts, message by message. Pure; as JSON between two chunks, so that another worker can go on."""

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from chatapp.moderation.judging.verdict import ENDING_ACTIONS, Match

# About so many: enough for a 99th percentile; each is a judgement of its own, so more would cost time.
NUM_COSTS = 1000


@dataclass(slots=True)
class StageCounts:
    """Messages of one stage. hit: any rule matched, shadow ones too. withheld: text is taken away, by block too."""

    judged: int = 0
    hit: int = 0
    withheld: int = 0
    blocked: int = 0
    newly_hit: int = 0
    no_longer_hit: int = 0
    newly_withheld: int = 0
    no_longer_withheld: int = 0


@dataclass(slots=True)
class RuleCounts:
    """Messages that one rule hit. new: it does not today; gone: today it does. withheld: it takes text away."""

    hit: int = 0
    withheld: int = 0
    new: int = 0
    gone: int = 0

    @property
    def num_drawn_from(self) -> int:
        return self.hit + self.gone


@dataclass(frozen=True, slots=True)
class Judged:
    """One message: the matches of the rules asked about, and of those in force today."""

    stage: str
    matches: tuple[Match, ...]
    today: tuple[Match, ...]


@dataclass(slots=True)
class Tally:
    """costs_us: microseconds that the gate took for single messages, drawn evenly over the run."""

    stages: dict[str, StageCounts] = field(default_factory=dict)
    rules: dict[str, RuleCounts] = field(default_factory=dict)
    costs_us: list[int] = field(default_factory=list)

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        return cls(
            stages={stage: StageCounts(**counts) for stage, counts in raw.get("stages", {}).items()},
            rules={slug: RuleCounts(**counts) for slug, counts in raw.get("rules", {}).items()},
            costs_us=list(raw.get("costs_us", [])),
        )

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    def total(self) -> StageCounts:
        total = StageCounts()
        for counts in self.stages.values():
            for name in StageCounts.__slots__:
                setattr(total, name, getattr(total, name) + getattr(counts, name))
        return total

    def rule(self, slug: str) -> RuleCounts:
        return self.rules.setdefault(slug, RuleCounts())

    def take(self, judged: Judged) -> None:
        counts = self.stages.setdefault(judged.stage, StageCounts())
        counts.judged += 1
        if judged.matches or judged.today:
            _take_message(counts, judged)
            self._take_rules(judged)

    def _take_rules(self, judged: Judged) -> None:
        now, before = slugs_of(judged.matches), slugs_of(judged.today)
        for slug in now:
            self.rule(slug).hit += 1
        for slug in slugs_of(match for match in judged.matches if match.withholds):
            self.rule(slug).withheld += 1
        for slug in now - before:
            self.rule(slug).new += 1
        for slug in before - now:
            self.rule(slug).gone += 1

    def percentile_us(self, share: float) -> int | None:
        """share: between 0 and 1. None while nothing was measured."""
        costs = sorted(self.costs_us)
        return costs[min(len(costs) - 1, int(share * len(costs)))] if costs else None


def _take_message(counts: StageCounts, judged: Judged) -> None:
    withheld, before = is_withheld(judged.matches), is_withheld(judged.today)
    counts.hit += bool(judged.matches)
    counts.withheld += withheld
    counts.blocked += any(match.withholds and match.action in ENDING_ACTIONS for match in judged.matches)
    counts.newly_hit += bool(judged.matches) and not judged.today
    counts.no_longer_hit += bool(judged.today) and not judged.matches
    counts.newly_withheld += withheld and not before
    counts.no_longer_withheld += before and not withheld


def is_withheld(matches: Iterable[Match]) -> bool:
    return any(match.withholds for match in matches)


def slugs_of(matches: Iterable[Match]) -> set[str]:
    return {match.rule_id for match in matches}
