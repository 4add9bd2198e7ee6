"""What each rule makes a stream hold back, for the list of rules."""

from typing import ClassVar

from django.db import migrations, models

import chatapp.core.clock


class Migration(migrations.Migration):
    dependencies: ClassVar[list[tuple[str, str]]] = [
        ("review", "0014_principle"),
    ]

    operations: ClassVar[list[migrations.operations.base.Operation]] = [
        migrations.CreateModel(
            name="RuleHold",
            fields=[
                ("rule_slug", models.CharField(max_length=50, primary_key=True, serialize=False, verbose_name="rule")),
                ("rule_revision", models.PositiveIntegerField()),
                ("p50_chars", models.PositiveIntegerField()),
                ("p99_chars", models.PositiveIntegerField()),
                ("num_texts", models.PositiveIntegerField()),
                ("num_chars", models.PositiveIntegerField()),
                ("measured_at", models.DateTimeField(default=chatapp.core.clock.now)),
            ],
            options={
                "default_permissions": (),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("p50_chars__lte", models.F("p99_chars"))), name="rule_hold_percentiles"
                    ),
                    models.CheckConstraint(condition=models.Q(("num_texts__gte", 1)), name="rule_hold_has_texts"),
                ],
            },
        ),
    ]
