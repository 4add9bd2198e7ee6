"""A published ruleset never changes and never goes: triggers refuse it. Who published it may be forgotten."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql
from chatapp.moderation.ruleset_sql import (
    CREATE_FUNCTION,
    CREATE_NO_DELETE,
    DROP_FUNCTION,
    DROP_NO_DELETE,
    FIRST_COLUMNS,
    NO_UPDATE_UNDONE,
    no_update,
)

CREATE = no_update(FIRST_COLUMNS)


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        vendor_sql(
            forward={**CREATE, "postgresql": [CREATE_FUNCTION, *CREATE["postgresql"], CREATE_NO_DELETE]},
            backward={
                **NO_UPDATE_UNDONE,
                "postgresql": [*NO_UPDATE_UNDONE["postgresql"], DROP_NO_DELETE, DROP_FUNCTION],
            },
        )
    ]
