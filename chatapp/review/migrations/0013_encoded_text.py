"""One more channel. SQLite rebuilds the table for its constraint, and would drop the triggers of 0002 with the old one."""

from django.db import migrations, models

from chatapp.core.migration_sql import vendor_sql

EVENTS = ("UPDATE", "DELETE")
DROP = [f"DROP TRIGGER review_decision_no_{event.lower()}" for event in EVENTS]
CREATE = [
    f"CREATE TRIGGER review_decision_no_{event.lower()} BEFORE {event} ON review_decision "
    "BEGIN SELECT RAISE(ABORT, 'review_decision is append-only'); END"
    for event in EVENTS
]


class Migration(migrations.Migration):
    dependencies = [
        ("review", "0012_words_of_more_actions"),
    ]

    operations = [
        vendor_sql(
            forward={"sqlite": DROP, "postgresql": []},
            backward={"sqlite": CREATE, "postgresql": []},
        ),
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
        vendor_sql(
            forward={"sqlite": CREATE, "postgresql": []},
            backward={"sqlite": DROP, "postgresql": []},
        ),
    ]
