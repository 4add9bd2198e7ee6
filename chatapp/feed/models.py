"""The outbox: facts written in the transaction that makes them true, deleted once Redis has them."""

from typing import ClassVar

from django.db import models

from chatapp.core import clock
from chatapp.core.ids import uuid7


class OutboxFact(models.Model):
    """A fact on its way to a user's feed. The id is the one clients drop repeats by, and gives the order."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    user_id = models.UUIDField()
    body = models.JSONField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        ordering: ClassVar[list[str]] = ["id"]

    def __str__(self) -> str:
        return str(self.id)
