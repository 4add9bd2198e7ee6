"""
Erases evidence that has been kept long enough: the graver the decision, the longer. A task of the default worker.

Decisions stay, and their chains verify without the text. What somebody is still to look at is kept until they have.
"""

from datetime import datetime, timedelta

import structlog
from celery import shared_task
from django.conf import settings
from django.db import connection
from django.db.models import Exists, IntegerField, Max, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce

from chatapp.core import clock
from chatapp.review.dry_runs.retention import dry_runs_erase_expired
from chatapp.review.models import OPEN_STATES, Appeal, Decision, Evidence, ReviewCase
from chatapp.task_table import ERASE

logger = structlog.get_logger(__name__)

LEAST_SEVERITY = 1


@shared_task(name=ERASE.name)  # type: ignore[untyped-decorator]  # celery has no types
def erase() -> None:
    """Runs every hour (task_table.py). Two at once are safe."""
    try:
        evidence_erase_expired(now=clock.now())
        appeal_words_erase_expired(now=clock.now())
        dry_runs_erase_expired(now=clock.now())
    finally:
        connection.close()


def evidence_erase_expired(*, now: datetime) -> int:
    """Erase what is older than its severity allows (settings.EVIDENCE_KEPT_DAYS). Returns how many."""
    num_erased = 0
    for severity, days in settings.EVIDENCE_KEPT_DAYS.items():
        num, _ = _expired(severity=severity, before=now - timedelta(days=days)).delete()
        num_erased += num
    if num_erased:
        logger.info("evidence_erased", num_erased=num_erased)
    return num_erased


def _expired(*, severity: int, before: datetime) -> QuerySet[Evidence]:
    """Evidence of that gravest severity, older than that, which no open case needs."""
    decisions = Decision.objects.filter(evidence_id=OuterRef("id")).order_by().values("evidence_id")
    gravest = Subquery(decisions.annotate(gravest=Max("severity")).values("gravest"), output_field=IntegerField())
    # A case names one decision of its text; a message's other evidence is found by message and stage.
    waiting = ReviewCase.objects.filter(state__in=OPEN_STATES)
    by_decision = Decision.objects.filter(evidence_id=OuterRef("id"), id__in=waiting.values("decision_id"))
    by_message = Decision.objects.filter(
        Exists(waiting.filter(message_id=OuterRef("message_id"), stage=OuterRef("stage"))), evidence_id=OuterRef("id")
    )
    return Evidence.objects.alias(severity=Coalesce(gravest, Value(LEAST_SEVERITY))).filter(
        ~Exists(by_decision), ~Exists(by_message), severity=severity, created_at__lt=before
    )


def appeal_words_erase_expired(*, now: datetime) -> int:
    """Empty the words of appeals whose case is resolved, as long after they were written as evidence is kept."""
    return sum(
        Appeal.objects.filter(case__severity=severity, created_at__lt=now - timedelta(days=days))
        .exclude(case__state__in=OPEN_STATES)
        .exclude(words="")
        .update(words="")
        for severity, days in settings.EVIDENCE_KEPT_DAYS.items()
    )
