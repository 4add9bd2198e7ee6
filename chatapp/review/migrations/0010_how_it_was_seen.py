"""How a match was seen, a classifier's score, and why a rule could not judge."""

from django.db import migrations, models

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import NOTHING, sqlite_append_only_again

# SQLite makes the table anew here, in both directions.
TRIGGERS = sqlite_append_only_again("review_decision")


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0009_moderators_run_rules"),
    ]

    operations = [
        # Backwards this is last: the table is as it was and gets its triggers again.
        vendor_sql(forward=NOTHING, backward=TRIGGERS),
        migrations.AddField(
            model_name="decision",
            name="channel",
            field=models.CharField(
                choices=[
                    ("strict", "as written"),
                    ("skip", "separators between letters"),
                    ("leet", "digits and signs for letters"),
                    ("pinyin", "by sound (pinyin)"),
                    ("fuzzy", "one slip in a word"),
                    ("components", "characters taken apart"),
                    ("initials", "pinyin initials"),
                    ("emoji", "emoji for words"),
                ],
                default="strict",
                help_text="Through which disguise it was seen.",
                max_length=16,
                verbose_name="channel",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="error",
            field=models.CharField(
                blank=True,
                help_text="Why the rule could not judge. Severity 3 and 4 then act as if it had hit, 1 and 2 let the text pass.",
                max_length=64,
                verbose_name="error",
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="score",
            field=models.FloatField(help_text="A classifier's, between 0 and 1.", null=True, verbose_name="score"),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("channel__in", ["strict", "skip", "leet", "pinyin", "fuzzy", "components", "initials", "emoji"])
                ),
                name="decision_channel",
            ),
        ),
        vendor_sql(forward=TRIGGERS, backward=NOTHING),
    ]
