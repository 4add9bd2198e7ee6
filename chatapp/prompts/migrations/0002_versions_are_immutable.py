"""A published version never changes: a trigger refuses an update of what it says."""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql

SQLITE = [
    """
        CREATE TRIGGER prompts_version_immutable
        BEFORE UPDATE OF text, variables, version, template_id ON prompts_prompttemplateversion
        BEGIN SELECT RAISE(ABORT, 'a version of a prompt template never changes; add the next one'); END
    """
]
POSTGRESQL = [
    """
        CREATE FUNCTION prompts_version_refuse_change() RETURNS trigger AS $$
        BEGIN RAISE EXCEPTION 'a version of a prompt template never changes; add the next one'
            USING ERRCODE = 'integrity_constraint_violation';
        END $$ LANGUAGE plpgsql
    """,
    """
        CREATE TRIGGER prompts_version_immutable
        BEFORE UPDATE OF text, variables, version, template_id ON prompts_prompttemplateversion
        FOR EACH ROW EXECUTE FUNCTION prompts_version_refuse_change()
    """,
]


class Migration(migrations.Migration):
    dependencies = [("prompts", "0001_initial")]

    operations = [
        vendor_sql(
            forward={"sqlite": SQLITE, "postgresql": POSTGRESQL},
            backward={
                "sqlite": ["DROP TRIGGER prompts_version_immutable"],
                "postgresql": [
                    "DROP TRIGGER prompts_version_immutable ON prompts_prompttemplateversion",
                    "DROP FUNCTION prompts_version_refuse_change()",
                ],
            },
        )
    ]
