"""The default worker's part in what rules hold back. Imported by default workers alone."""

from celery import shared_task
from django.db import connection

from chatapp.core import clock
from chatapp.review.holds.services import rule_holds_measure
from chatapp.task_table import RULE_HOLDS


@shared_task(name=RULE_HOLDS.name)  # type: ignore[untyped-decorator]  # celery has no types
def measure() -> None:
    """Runs every ten minutes (task_table.py) and mostly finds nothing to do. Two at once are safe."""
    try:
        rule_holds_measure(now=clock.now())
    finally:
        connection.close()
