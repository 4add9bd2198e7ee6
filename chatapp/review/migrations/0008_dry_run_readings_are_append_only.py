"""Readings of a dry run's samples are added, never changed or deleted: triggers refuse it."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import append_only, append_only_undone

TABLE = "review_dryrunreading"


class Migration(migrations.Migration):
    dependencies = [("review", "0007_dry_runs")]

    operations = [vendor_sql(forward=append_only(TABLE), backward=append_only_undone(TABLE))]
