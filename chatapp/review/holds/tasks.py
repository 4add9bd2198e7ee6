"""The default worker's part in what rules hold back. Imported by default workers alone."""

from celery import shared_task
from django.db import connection

from chatapp.core import clock
from chatapp.review.holds.services import rule_holds_measure


@shared_task(name="chatapp.review.holds.tasks.measure")  # type: ignore[untyped-decorator]  # celery has no types
def measure() -> None:
    """Runs every ten minutes (settings.CELERY_BEAT_SCHEDULE) and mostly finds nothing to do. Two at once are safe."""
    try:
        rule_holds_measure(now=clock.now())
    finally:
        connection.close()
