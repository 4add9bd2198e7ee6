"""
Facts on their way: written in the transaction that makes them true, relayed after it commits, relayed again by the
reaper where that failed. Clients drop repeats by id.
"""

from datetime import timedelta
from functools import partial
from uuid import UUID

import structlog
from django.db import transaction
from pydantic import ValidationError
from redis.exceptions import RedisError

from chatapp.core import clock
from chatapp.feed import log
from chatapp.feed.events import AnyFact, GenerationFinished, fact_adapter
from chatapp.feed.models import OutboxFact

logger = structlog.get_logger(__name__)

# Younger rows are on their way by the transaction's own relay.
OVERDUE = timedelta(seconds=3)
RELAY_BATCH = 500


def fact_write(*, user_id: UUID, fact: AnyFact) -> None:
    """Write a fact beside the change that makes it true; call it inside that change's transaction."""
    OutboxFact.objects.create(id=fact.id, user_id=user_id, body=fact.model_dump(mode="json"))
    transaction.on_commit(partial(_relay_after_commit, user_id, fact))


def _relay_after_commit(user_id: UUID, fact: AnyFact) -> None:
    try:
        fact_relay(user_id=user_id, fact=fact)
    except RedisError as error:
        # The change is committed and stays true; the reaper relays the fact when Redis is back.
        logger.warning("fact_not_relayed", fact_id=str(fact.id), error=str(error))
        return
    OutboxFact.objects.filter(id=fact.id).delete()


def fact_relay(*, user_id: UUID, fact: AnyFact) -> None:
    """Give a fact to Redis; the end of a generation closes its stream as well."""
    if isinstance(fact, GenerationFinished):
        log.end(
            generation_id=fact.generation.id,
            finish_reason=fact.generation.finish_reason or "error",
            final_seq=fact.generation.seq,
        )
    log.fact_add(user_id=user_id, fact=fact)


def facts_relay_overdue() -> int:
    """Relay what an earlier process left behind, oldest first. Returns how many went out."""
    rows = list(OutboxFact.objects.filter(created_at__lt=clock.now() - OVERDUE).order_by("id")[:RELAY_BATCH])
    for row in rows:
        try:
            fact = fact_adapter.validate_python(row.body)
        except ValidationError:
            # Written by another version: clients learn the same from the rows when they refetch.
            logger.exception("fact_unreadable", fact_id=str(row.id))
            continue
        fact_relay(user_id=row.user_id, fact=fact)
    OutboxFact.objects.filter(id__in=[row.id for row in rows]).delete()
    return len(rows)
