"""One more channel. SQLite rebuilds the table for its constraint, and would drop the triggers of 0002 with the old one."""

from django.db import migrations, models

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import sqlite_append_only, sqlite_append_only_undone

CREATE, DROP = sqlite_append_only("review_decision"), sqlite_append_only_undone("review_decision")


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0012_words_of_more_actions"),
    ]

    operations = [
        vendor_sql(forward=DROP, backward=CREATE),
        migrations.RemoveConstraint(
            model_name="decision",
            name="decision_channel",
        ),
        migrations.AlterField(
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
                    ("encoded", "encoded text"),
                ],
                default="strict",
                help_text="Through which disguise it was seen.",
                max_length=16,
                verbose_name="channel",
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "channel__in",
                        [
                            "strict",
                            "skip",
                            "leet",
                            "pinyin",
                            "fuzzy",
                            "components",
                            "initials",
                            "emoji",
                            "encoded",
                        ],
                    )
                ),
                name="decision_channel",
            ),
        ),
        vendor_sql(forward=CREATE, backward=DROP),
    ]
