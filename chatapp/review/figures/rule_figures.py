"""
The figures by which people judge a rule: how often it hits, on which share of texts, how lately, at what cost.

Decisions outlive conversations, messages do not: a share is of what is still there, and at most all of it.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Avg, Count, F, Max, OuterRef, Q, QuerySet, Subquery, Window
from django.db.models.functions import Coalesce, RowNumber

from chatapp.conversations.models import Message
from chatapp.moderation.models import Rule
from chatapp.review.figures.precision import Precision, precision_estimate
from chatapp.review.models import Decision, ReviewOutcome

RECENT_DAYS = 30  # the columns' headings say so
SILENT_DAYS = 90  # likewise

_PERCENT = 99


@dataclass(frozen=True, slots=True)
class RuleFigures:
    """
    Of the last RECENT_DAYS. text_share: texts with a hit among all that were judged, 0 to 1; None where none was.

    latency_p99_us: of the checks in which the rule hit, all rules of the ruleset together; None without a hit.
    """

    text_share: float | None
    latency_p99_us: int | None


def rules_with_hits(rules: QuerySet[Rule], *, now: datetime) -> QuerySet[Rule]:
    """
    Each rule with `num_hits`, `num_shadow_hits` and `latency_mean_us` of the last RECENT_DAYS, and `last_hit_at`.

    Shadow hits are among the hits. In the query itself, so that lists can be sorted by them.
    """
    hits = Decision.objects.filter(rule_slug=OuterRef("slug")).order_by()
    recent = hits.filter(created_at__gte=_recent(now)).values("rule_slug")
    shadow = recent.filter(is_enforced=False)
    return rules.annotate(
        num_hits=Coalesce(Subquery(recent.annotate(num=Count("id")).values("num")), 0),
        num_shadow_hits=Coalesce(Subquery(shadow.annotate(num=Count("id")).values("num")), 0),
        latency_mean_us=Subquery(recent.annotate(mean=Avg("latency_us")).values("mean")),
        last_hit_at=Subquery(hits.values("rule_slug").annotate(last=Max("created_at")).values("last")),
    )


def rules_silent(rules: QuerySet[Rule], *, now: datetime) -> QuerySet[Rule]:
    """Of `rules_with_hits`: those without a hit in the last SILENT_DAYS, or ever."""
    return rules.filter(Q(last_hit_at=None) | Q(last_hit_at__lt=now - timedelta(days=SILENT_DAYS)))


def is_silent(last_hit_at: datetime, *, now: datetime) -> bool:
    return last_hit_at < now - timedelta(days=SILENT_DAYS)


def rule_figures(*, slugs: Collection[str], now: datetime) -> dict[str, RuleFigures]:
    """By rule, whatever the number of rules in four queries."""
    num_texts = _num_texts(now)
    with_hits = _num_texts_by_rule(slugs, now)
    slowest = _latency_p99_by_rule(slugs, now)
    return {
        slug: RuleFigures(
            text_share=min(1.0, with_hits.get(slug, 0) / num_texts) if num_texts else None,
            latency_p99_us=slowest.get(slug),
        )
        for slug in slugs
    }


def _recent(now: datetime) -> datetime:
    return now - timedelta(days=RECENT_DAYS)


# A refused text has no message: its decisions share the instant at which they were made.
_TEXTS = Count("message_id", distinct=True) + Count("created_at", distinct=True, filter=Q(message_id=None))


def _num_texts(now: datetime) -> int:
    """Messages that are there, and texts that were refused."""
    refused = Decision.objects.filter(created_at__gte=_recent(now), message_id=None)
    num_refused: int = refused.aggregate(num=Count("created_at", distinct=True))["num"]
    return Message.objects.filter(created_at__gte=_recent(now)).count() + num_refused


def _num_texts_by_rule(slugs: Iterable[str], now: datetime) -> dict[str, int]:
    recent = _recent_hits(slugs, now)
    return dict(recent.values("rule_slug").annotate(num=_TEXTS).values_list("rule_slug", "num"))


def _latency_p99_by_rule(slugs: Iterable[str], now: datetime) -> dict[str, int]:
    """The nearest-rank percentile: of n latencies in order, the one at place ⌈0.99 n⌉."""
    by_rule: dict[str, Any] = {"partition_by": [F("rule_slug")]}
    placed = _recent_hits(slugs, now).annotate(
        rank=Window(RowNumber(), order_by=F("latency_us").asc(), **by_rule), num=Window(Count("id"), **by_rule)
    )
    # The first rank r with 100 r ≥ 99 n.
    over = placed.annotate(over=F("rank") * 100 - F("num") * _PERCENT).filter(over__gte=0, over__lt=100)
    return dict(over.values_list("rule_slug", "latency_us"))


def _recent_hits(slugs: Iterable[str], now: datetime) -> QuerySet[Decision]:
    return Decision.objects.filter(rule_slug__in=list(slugs), created_at__gte=_recent(now)).order_by()


def rule_precision(slug: str) -> Precision | None:
    """How often reviewers found the rule right; None while none was asked."""
    outcomes = ReviewOutcome.objects.filter(rule_slug=slug)
    num_overturned = outcomes.filter(is_overturned=True).count()
    return precision_estimate(num_confirmed=outcomes.count() - num_overturned, num_overturned=num_overturned)


def rules_with_reviews(rules: QuerySet[Rule]) -> QuerySet[Rule]:
    """Each rule with `num_confirmed` and `num_overturned`."""
    outcomes = ReviewOutcome.objects.filter(rule_slug=OuterRef("slug")).order_by().values("rule_slug")

    def number(*, is_overturned: bool) -> Coalesce:
        counted = outcomes.filter(is_overturned=is_overturned).annotate(num=Count("id")).values("num")
        return Coalesce(Subquery(counted), 0)

    return rules.annotate(num_confirmed=number(is_overturned=False), num_overturned=number(is_overturned=True))
