"""Readings of a dry run's samples are added, never changed or deleted: triggers refuse it."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql

EVENTS = ("UPDATE", "DELETE")


def _triggers(template: str) -> list[str]:
    return [template.format(table="review_dryrunreading", event=event, name=event.lower()) for event in EVENTS]


SQLITE = _triggers(
    "CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
# The function is of migration 0002.
POSTGRESQL = _triggers(
    "CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION review_refuse_change()"
)


class Migration(migrations.Migration):
    dependencies = [("review", "0007_dry_runs")]

    operations = [
        vendor_sql(
            forward={"sqlite": SQLITE, "postgresql": POSTGRESQL},
            backward={
                "sqlite": _triggers("DROP TRIGGER {table}_no_{name}"),
                "postgresql": _triggers("DROP TRIGGER {table}_no_{name} ON {table}"),
            },
        )
    ]
