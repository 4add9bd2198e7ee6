"""Reads decisions."""

from collections.abc import Iterator
from uuid import UUID

from django.db.models import QuerySet

from chatapp.review import chain
from chatapp.review.models import Decision

_ROWS_AT_A_TIME = 2000


def decision_list(
    *, conversation_id: UUID | None = None, message_id: UUID | None = None, rule_slug: str | None = None
) -> QuerySet[Decision]:
    """Decisions, newest first, narrowed by what is given."""
    wanted = {"conversation_id": conversation_id, "message_id": message_id, "rule_slug": rule_slug}
    return Decision.objects.filter(**{name: value for name, value in wanted.items() if value is not None})


def decision_list_broken() -> Iterator[tuple[Decision, str]]:
    """The first row of each chain that is not as it was written, with the reason. Walks every row."""
    rows = Decision.objects.order_by("conversation_id", "place")
    return chain.breaks(rows.iterator(chunk_size=_ROWS_AT_A_TIME))
