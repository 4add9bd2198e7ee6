"""What each rule of the ruleset in force makes a stream hold back. Numbers of answers, and nothing of their texts."""

from typing import ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from chatapp.core import clock


class RuleHold(models.Model):
    """One measurement, the newest of its rule: a figure that may be taken again at any time, not a record."""

    rule_slug = models.CharField(_("rule"), max_length=50, primary_key=True)
    rule_revision = models.PositiveIntegerField()
    p50_chars = models.PositiveIntegerField()
    p99_chars = models.PositiveIntegerField()
    num_texts = models.PositiveIntegerField()
    num_chars = models.PositiveIntegerField()
    measured_at = models.DateTimeField(default=clock.now)

    class Meta:
        default_permissions = ()
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(condition=Q(p50_chars__lte=F("p99_chars")), name="rule_hold_percentiles"),
            models.CheckConstraint(condition=Q(num_texts__gte=1), name="rule_hold_has_texts"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_slug}: {self.p50_chars} / {self.p99_chars}"
