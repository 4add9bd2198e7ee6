"""
Works off dry runs, one at a time, chunk by chunk. Owns what survives a worker's death: everything but one chunk.

A chunk's counts, samples, place and lease are one commit, fenced by the attempt. A run whose lease ran out is claimed
again and goes on behind its last chunk.
"""

import time
from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from django.db import IntegrityError, transaction
from django.db.models import Q

from chatapp.core import clock
from chatapp.moderation.errors import RulesetMissing, RuleUnusable
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule, RulesetInvalid
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Match, Stage
from chatapp.moderation.offer import offer_current
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.review.dry_runs.comparing import Comparison, MakeJudge, judge_at_once
from chatapp.review.dry_runs.models import DryRun, DryRunSample, DryRunScope, DryRunState, SampleDiffers
from chatapp.review.dry_runs.reservoir import place_for
from chatapp.review.dry_runs.scope import STAGE_OF, messages_next
from chatapp.review.dry_runs.tally import NUM_COSTS, Judged, Tally, slugs_of

CHUNK_MESSAGES = 500
# Far above what a chunk takes, and above compiling 100,000 words.
LEASE = timedelta(seconds=30)
# A run that kills its worker is not tried for ever.
MAX_ATTEMPTS = 5

logger = structlog.get_logger(__name__)


class DryRunLost(RuntimeError):
    """Another worker has taken the run, or somebody ended it: nothing was written."""


def dry_runs_work(*, make_judge: MakeJudge = judge_at_once) -> int:
    """Finish what waits, oldest first. Returns how many runs this call took on; none while another worker runs one."""
    num_taken = 0
    while (run := dry_run_claim(now=clock.now())) is not None:
        num_taken += 1
        with suppress(DryRunLost):
            _run(run, make_judge)
    return num_taken


def dry_run_claim(*, now: datetime) -> DryRun | None:
    """Take the run whose worker died, or the oldest that waits; None if there is none or one is under way."""
    waiting = DryRun.objects.filter(Q(state=DryRunState.QUEUED) | Q(state=DryRunState.RUNNING, lease_until__lt=now))
    row = waiting.order_by("-state", "id").first()  # running before queued: it holds the one place there is
    if row is None:
        return None
    taken = {"state": DryRunState.RUNNING, "attempt": row.attempt + 1, "lease_until": now + LEASE}
    held = DryRun.objects.filter(id=row.id, attempt=row.attempt, state=row.state)
    try:
        with transaction.atomic():
            if not held.update(**taken, started_at=row.started_at or now):
                return None
    except IntegrityError:  # one_dry_run_at_a_time
        return None
    row.refresh_from_db()
    return row


def _run(run: DryRun, make_judge: MakeJudge) -> None:
    """:raises DryRunLost: if it is ours no longer."""
    logger.info("dry_run_claimed", dry_run_id=str(run.id), attempt=run.attempt, num_judged=run.num_judged)
    if run.attempt > MAX_ATTEMPTS:
        return _end(run, DryRunState.FAILED, error="too_many_attempts")
    try:
        comparison = _comparison(run, make_judge)
    except (RulesetInvalid, RulesetMissing, RuleUnusable):
        return _end(run, DryRunState.FAILED, error="rules_unreadable")
    while True:
        if DryRun.objects.filter(id=run.id, is_cancel_asked=True).exists():
            return _end(run, DryRunState.CANCELLED)
        messages = messages_next(after_id=run.cursor_id or run.after_id, until_id=run.until_id, limit=CHUNK_MESSAGES)
        if not messages:
            return _end(run, DryRunState.DONE)
        _chunk(run, comparison, messages)


def _comparison(run: DryRun, make_judge: MakeJudge) -> Comparison:
    """:raises RulesetInvalid, RulesetMissing, RuleUnusable: if this release cannot read one of the two."""
    today: Sequence[Rule] = ruleset_rules(version=run.ruleset_version) if run.ruleset_version else ()
    if run.scope == DryRunScope.RULE:
        today = [rule for rule in today if rule.id == run.rule_slug]
    asked = CompiledRuleset.of(Ruleset.from_json(run.rules), offer=offer_current())
    return Comparison.of(asked=asked, today=today, make_judge=make_judge)


def _chunk(run: DryRun, comparison: Comparison, messages: Sequence[tuple[UUID, str, str]]) -> None:
    began_s = time.monotonic()
    tally, samples = Tally.from_json(run.tally), dict[tuple[str, int], DryRunSample]()
    for role, stage in STAGE_OF.items():
        mine = [(message_id, text) for message_id, its_role, text in messages if its_role == role]
        for (message_id, _text), judged in zip(mine, comparison.judge([text for _, text in mine], stage), strict=True):
            tally.take(judged)
            for sample in _drawn(run, tally, message_id, judged):
                samples[sample.rule_slug, sample.place] = sample
        _measure(run, tally, comparison, [text for _, text in mine], stage)
    _commit(run, tally, list(samples.values()), cursor_id=messages[-1][0])
    logger.debug("dry_run_chunk", dry_run_id=str(run.id), duration_ms=round((time.monotonic() - began_s) * 1000))


def _measure(run: DryRun, tally: Tally, comparison: Comparison, texts: Sequence[str], stage: Stage) -> None:
    """Let the gate judge so many of them that the whole run has NUM_COSTS, evenly drawn."""
    every = max(1, run.num_messages // NUM_COSTS)
    tally.costs_us += [comparison.cost_us(text, stage) for text in texts[::every]]


def _drawn(run: DryRun, tally: Tally, message_id: UUID, judged: Judged) -> list[DryRunSample]:
    """What this message adds to the samples of each rule that hits it, or does today."""
    now, before = slugs_of(judged.matches), slugs_of(judged.today)
    drawn = []
    for slug in sorted(now | before):
        place = place_for(tally.rule(slug).num_drawn_from, key=f"{run.id}:{slug}")
        if place is None:
            continue
        matches = judged.matches if slug in now else judged.today
        differs = SampleDiffers.GONE if slug not in now else SampleDiffers.SAME if slug in before else SampleDiffers.NEW
        first = next(match for match in matches if match.rule_id == slug)
        drawn.append(_sample(run, place, message_id, judged.stage, first, differs))
    return drawn


def _sample(
    run: DryRun, place: int, message_id: UUID, stage: str, match: Match, differs: SampleDiffers
) -> DryRunSample:
    return DryRunSample(
        dry_run=run,
        rule_slug=match.rule_id,
        place=place,
        message_id=message_id,
        stage=stage,
        action=match.action.value,
        differs=differs,
        span_start=match.start,
        span_end=match.end,
    )


def _commit(run: DryRun, tally: Tally, samples: Sequence[DryRunSample], *, cursor_id: UUID) -> None:
    """:raises DryRunLost: if the run is ours no longer."""
    total = tally.total()
    found: dict[str, Any] = {
        "tally": tally.to_json(),
        "num_judged": total.judged,
        "num_hit": total.hit,
        "num_withheld": total.withheld,
        "num_blocked": total.blocked,
        "cursor_id": cursor_id,
    }
    with transaction.atomic():
        _write(run, **found, lease_until=clock.now() + LEASE)
        DryRunSample.objects.bulk_create(
            samples,
            update_conflicts=True,
            unique_fields=["dry_run", "rule_slug", "place"],
            update_fields=["message_id", "stage", "action", "differs", "span_start", "span_end"],
        )
    for name, value in found.items():
        setattr(run, name, value)


def _end(run: DryRun, state: DryRunState, *, error: str = "") -> None:
    """:raises DryRunLost: if the run is ours no longer."""
    _write(run, state=state, error=error, finished_at=clock.now(), lease_until=None)
    logger.info("dry_run_ended", dry_run_id=str(run.id), state=state, error=error, num_judged=run.num_judged)


def _write(run: DryRun, **fields: Any) -> None:
    held = DryRun.objects.filter(id=run.id, attempt=run.attempt, state=DryRunState.RUNNING)
    if not held.update(**fields):
        raise DryRunLost
