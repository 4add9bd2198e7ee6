"""The default worker's part in publishing. Imported by default workers alone."""

from celery import shared_task
from django.db import connection

import chatapp.moderation.judging.automata.large_automaton  # noqa: F401  # numpy takes its time, and not that of the first publish
from chatapp.moderation.publishing.building import ruleset_build_store
from chatapp.task_table import RULESET_BUILD


@shared_task(name=RULESET_BUILD.name)  # type: ignore[untyped-decorator]  # celery has no types
def ruleset_build() -> None:
    """Build what is in force, if nobody did: a lost or doubled message costs nothing."""
    try:
        ruleset_build_store()
    finally:
        connection.close()
