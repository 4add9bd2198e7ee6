"""The default worker's part in dry runs. Imported by default workers alone."""

from celery import shared_task
from django.db import connection

from chatapp.review.dry_runs.running import dry_runs_work
from chatapp.task_table import DRY_RUN


@shared_task(name=DRY_RUN.name)  # type: ignore[untyped-decorator]  # celery has no types
def dry_run() -> None:
    """Work off what waits, unless another worker does: a lost or doubled message costs nothing."""
    try:
        dry_runs_work()
    finally:
        connection.close()
