"""Three more actions. SQLite rebuilds the table for its constraint, and would drop the triggers of 0002 with the old one."""

from django.db import migrations, models

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import sqlite_append_only, sqlite_append_only_undone

CREATE, DROP = sqlite_append_only("review_decision"), sqlite_append_only_undone("review_decision")


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0010_how_it_was_seen"),
    ]

    operations = [
        vendor_sql(forward=DROP, backward=CREATE),
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_action",
        ),
        migrations.AlterField(
            model_name="decision",
            name="action",
            field=models.CharField(
                choices=[
                    ("flag", "flag"),
                    ("warn", "warn"),
                    ("review", "review"),
                    ("redact", "redact"),
                    ("replace", "replace"),
                    ("safe_completion", "safe answer"),
                    ("block", "block"),
                    ("throttle", "throttle"),
                ],
                max_length=16,
                verbose_name="action",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "action__in",
                        ["flag", "warn", "review", "redact", "replace", "safe_completion", "block", "throttle"],
                    )
                ),
                name="decision_action",
            ),
        ),
        migrations.AddIndex(
            model_name="decision",
            index=models.Index(fields=["owner_id", "created_at"], name="decision_by_owner"),
        ),
        vendor_sql(forward=CREATE, backward=DROP),
    ]
