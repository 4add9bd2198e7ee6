"""A published ruleset never changes and never goes: triggers refuse it. Who published it may be forgotten."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql

COLUMNS = "version, payload, sha256, reason, published_at"
SQLITE = [
    f"""
        CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {COLUMNS} ON moderation_ruleset
        BEGIN SELECT RAISE(ABORT, 'a published ruleset never changes; publish the next one'); END
    """,
    """
        CREATE TRIGGER moderation_ruleset_no_delete BEFORE DELETE ON moderation_ruleset
        BEGIN SELECT RAISE(ABORT, 'a published ruleset is never deleted'); END
    """,
]
POSTGRESQL = [
    """
        CREATE FUNCTION moderation_ruleset_refuse_change() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'a published ruleset never changes and is never deleted'
            USING ERRCODE = 'integrity_constraint_violation';
        END $$ LANGUAGE plpgsql
    """,
    f"""
        CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {COLUMNS} ON moderation_ruleset
        FOR EACH ROW EXECUTE FUNCTION moderation_ruleset_refuse_change()
    """,
    """
        CREATE TRIGGER moderation_ruleset_no_delete BEFORE DELETE ON moderation_ruleset
        FOR EACH ROW EXECUTE FUNCTION moderation_ruleset_refuse_change()
    """,
]


class Migration(migrations.Migration):
    dependencies = [("moderation", "0001_initial")]

    operations = [
        vendor_sql(
            forward={"sqlite": SQLITE, "postgresql": POSTGRESQL},
            backward={
                "sqlite": ["DROP TRIGGER moderation_ruleset_no_update", "DROP TRIGGER moderation_ruleset_no_delete"],
                "postgresql": [
                    "DROP TRIGGER moderation_ruleset_no_update ON moderation_ruleset",
                    "DROP TRIGGER moderation_ruleset_no_delete ON moderation_ruleset",
                    "DROP FUNCTION moderation_ruleset_refuse_change()",
                ],
            },
        )
    ]
