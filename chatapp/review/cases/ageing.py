"""How long a case has waited, and how long it should at most. Pure."""

from datetime import datetime, timedelta

# The graver, the sooner somebody should look.
DUE_AFTER = {1: timedelta(days=7), 2: timedelta(days=3), 3: timedelta(days=1), 4: timedelta(hours=4)}


def is_overdue(*, severity: int, opened_at: datetime, now: datetime) -> bool:
    return now - opened_at > DUE_AFTER[severity]
