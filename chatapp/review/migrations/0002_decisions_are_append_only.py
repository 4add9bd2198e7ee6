"""Decisions and readings of evidence are added, never changed or deleted: triggers refuse it."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql
from chatapp.review.append_only_sql import CREATE_FUNCTION, DROP_FUNCTION, append_only, append_only_undone

TABLES = ("review_decision", "review_evidencereading")
CREATE, DROP = append_only(*TABLES), append_only_undone(*TABLES)


class Migration(migrations.Migration):
    dependencies = [("review", "0001_initial")]

    operations = [
        vendor_sql(
            forward={**CREATE, "postgresql": [CREATE_FUNCTION, *CREATE["postgresql"]]},
            backward={**DROP, "postgresql": [*DROP["postgresql"], DROP_FUNCTION]},
        )
    ]
