"""Which principle a judge found broken. A column that may be empty is added without making the table anew."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("review", "0013_encoded_text")]

    operations = [
        migrations.AddField(
            model_name="decision",
            name="principle",
            field=models.PositiveSmallIntegerField(
                help_text="Of a rule of judgement: which of its principles the text breaks most.",
                null=True,
                verbose_name="principle",
            ),
        ),
    ]
