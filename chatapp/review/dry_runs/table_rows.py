"""A dry run's figures as people read them: rows of tables, with the width of the bar beside each share. Pure."""

from dataclasses import dataclass

from chatapp.review.dry_runs.tally import RuleCounts, StageCounts, Tally

_LEAST_SHOWN = 0.0001


@dataclass(frozen=True, slots=True)
class RuleRow:
    """bar: percent of the width of the widest bar in the table."""

    slug: str
    counts: RuleCounts
    share: str
    bar: float


@dataclass(frozen=True, slots=True)
class StageRow:
    stage: str
    counts: StageCounts
    share: str
    bar: float


def share_text(part: int, whole: int) -> str:
    """A percentage with two digits; what is not nothing never reads as nothing."""
    share = part / whole if whole else 0.0
    return f"< {_LEAST_SHOWN:.2%}" if 0 < share < _LEAST_SHOWN else f"{share:.2%}"


def rule_rows(tally: Tally) -> list[RuleRow]:
    """Most hits first."""
    num_judged = tally.total().judged
    rows = sorted(tally.rules.items(), key=lambda row: (-row[1].hit, -row[1].gone, row[0]))
    most = max((counts.hit for counts in tally.rules.values()), default=0)
    return [RuleRow(slug, counts, share_text(counts.hit, num_judged), _bar(counts.hit, most)) for slug, counts in rows]


def stage_rows(tally: Tally) -> list[StageRow]:
    most = max((_share(counts) for counts in tally.stages.values()), default=0.0)
    return [
        StageRow(stage, counts, share_text(counts.withheld, counts.judged), _bar(_share(counts), most))
        for stage, counts in tally.stages.items()
    ]


def _share(counts: StageCounts) -> float:
    return counts.withheld / counts.judged if counts.judged else 0.0


def _bar(value: float, most: float) -> float:
    return round(100 * value / most, 1) if most else 0.0
