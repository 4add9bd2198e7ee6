"""Reads decisions."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from chatapp.moderation.conduct import Hit
from chatapp.moderation.models import Rule
from chatapp.moderation.verdict import Action, Stage
from chatapp.review import chain
from chatapp.review.models import Decision

_ROWS_AT_A_TIME = 2000
RECENT_DAYS = 30  # the column's heading says so


def decision_list(
    *, conversation_id: UUID | None = None, message_id: UUID | None = None, rule_slug: str | None = None
) -> QuerySet[Decision]:
    """Decisions, newest first, narrowed by what is given."""
    wanted = {"conversation_id": conversation_id, "message_id": message_id, "rule_slug": rule_slug}
    return Decision.objects.filter(**{name: value for name, value in wanted.items() if value is not None})


def decisions_of_generation(*, conversation_id: UUID, generation_id: UUID, stage: Stage) -> QuerySet[Decision]:
    """What was decided on what one generation wrote, in the order of the decisions."""
    return Decision.objects.filter(
        conversation_id=conversation_id, generation_id=generation_id, stage=stage, is_enforced=True
    ).order_by("place")


def hits_of_person(*, owner_id: UUID, since: datetime) -> Iterator[Hit]:
    """What rules enforced on one person's conversations; pauses for it are none. One indexed query."""
    rows = Decision.objects.filter(owner_id=owner_id, created_at__gt=since, is_enforced=True)
    hits = rows.exclude(action=Action.THROTTLE).order_by().values_list("created_at", "category", "stage").distinct()
    return (Hit(*row) for row in hits)


def decision_list_broken() -> Iterator[tuple[Decision, str]]:
    """The first row of each chain that is not as it was written, with the reason. Walks every row."""
    rows = Decision.objects.order_by("conversation_id", "place")
    return chain.breaks(rows.iterator(chunk_size=_ROWS_AT_A_TIME))


def rules_with_hits(rules: QuerySet[Rule], *, now: datetime) -> QuerySet[Rule]:
    """Each rule with `num_hits` of the last RECENT_DAYS and `last_hit_at`, shadow hits among them."""
    hits = Decision.objects.filter(rule_slug=OuterRef("slug")).order_by()
    recent = hits.filter(created_at__gte=now - timedelta(days=RECENT_DAYS)).values("rule_slug")
    return rules.annotate(
        num_hits=Coalesce(Subquery(recent.annotate(num=Count("id")).values("num")), 0),
        last_hit_at=Subquery(hits.values("rule_slug").annotate(last=Max("created_at")).values("last")),
    )
