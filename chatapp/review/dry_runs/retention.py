"""
Forgets dry runs that are over. Who read their samples stays on record.

A dry run holds no text, but it says which messages a rule hit, and where: it is kept as long as the text of the least
grave decision. What it says about the rules is older news by then than a publish should rest on.
"""

from datetime import datetime, timedelta

import structlog
from django.conf import settings

from chatapp.review.dry_runs.models import UNFINISHED_STATES, DryRun

logger = structlog.get_logger(__name__)


def dry_runs_erase_expired(*, now: datetime) -> int:
    """Erase those that ended so long ago, with their samples (settings.EVIDENCE_KEPT_DAYS). Returns how many."""
    kept = timedelta(days=min(settings.EVIDENCE_KEPT_DAYS.values()))
    expired = DryRun.objects.exclude(state__in=UNFINISHED_STATES).filter(finished_at__lt=now - kept)
    num_erased = expired.count()
    expired.delete()
    if num_erased:
        logger.info("dry_runs_erased", num_erased=num_erased)
    return num_erased
