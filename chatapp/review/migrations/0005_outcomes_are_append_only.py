"""Outcomes of reviews and readings of context are added, never changed or deleted: triggers refuse it."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import append_only, append_only_undone

TABLES = ("review_reviewoutcome", "review_contextreading")


class Migration(migrations.Migration):
    dependencies = [("review", "0004_review_queue")]

    operations = [vendor_sql(forward=append_only(*TABLES), backward=append_only_undone(*TABLES))]
