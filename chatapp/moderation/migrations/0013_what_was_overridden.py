"""A ruleset says what it was published in spite of."""

from django.db import migrations, models

from chatapp.core.migration_sql import vendor_sql
from chatapp.moderation.ruleset_sql import COLUMNS_WITH_HURDLES, COLUMNS_WITH_OVERRIDE, NO_UPDATE_UNDONE, no_update


class Migration(migrations.Migration):
    dependencies = [
        ("moderation", "0012_similarity_and_judge"),
    ]

    operations = [
        vendor_sql(forward=NO_UPDATE_UNDONE, backward=no_update(COLUMNS_WITH_OVERRIDE)),
        migrations.AddField(
            model_name="ruleset",
            name="overridden",
            field=models.JSONField(
                default=list,
                help_text="What spoke against it. Older rulesets do not say.",
                verbose_name="override",
            ),
        ),
        migrations.AlterField(
            model_name="ruleset",
            name="override_reason",
            field=models.CharField(
                blank=True,
                help_text="Why an administrator published in spite of what spoke against it.",
                max_length=500,
                verbose_name="reason for the override",
            ),
        ),
        vendor_sql(forward=no_update(COLUMNS_WITH_HURDLES), backward=NO_UPDATE_UNDONE),
    ]
