"""
The SQL by which a published ruleset never changes and never goes. Who published it may be forgotten.

Migrations run these functions, old ones too, so their effect is frozen: another refusal gets another name. SQLite makes
the table anew for a field with a default and forgets its triggers, so a migration that adds one drops them first and
creates them last, with the field among the columns.
"""

from collections.abc import Mapping, Sequence

Statements = Mapping[str, Sequence[str]]

FIRST_COLUMNS = "version, payload, sha256, reason, published_at"
COLUMNS_WITH_OVERRIDE = f"{FIRST_COLUMNS}, restored_version, override_reason"
COLUMNS_WITH_HURDLES = f"{COLUMNS_WITH_OVERRIDE}, overridden"
CREATE_FUNCTION = """
    CREATE FUNCTION moderation_ruleset_refuse_change() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION 'a published ruleset never changes and is never deleted'
        USING ERRCODE = 'integrity_constraint_violation';
    END $$ LANGUAGE plpgsql
"""
DROP_FUNCTION = "DROP FUNCTION moderation_ruleset_refuse_change()"
CREATE_NO_DELETE = """
    CREATE TRIGGER moderation_ruleset_no_delete BEFORE DELETE ON moderation_ruleset
    FOR EACH ROW EXECUTE FUNCTION moderation_ruleset_refuse_change()
"""
DROP_NO_DELETE = "DROP TRIGGER moderation_ruleset_no_delete ON moderation_ruleset"
# PostgreSQL never makes the table anew, so there the refusal to delete stays.
NO_UPDATE_UNDONE: Statements = {
    "sqlite": ["DROP TRIGGER moderation_ruleset_no_update", "DROP TRIGGER moderation_ruleset_no_delete"],
    "postgresql": ["DROP TRIGGER moderation_ruleset_no_update ON moderation_ruleset"],
}


def no_update(columns: str) -> Statements:
    """On SQLite with the refusal to delete. On PostgreSQL the function of migration 0002 must be there."""
    return {
        "sqlite": [
            f"""
                CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {columns} ON moderation_ruleset
                BEGIN SELECT RAISE(ABORT, 'a published ruleset never changes; publish the next one'); END
            """,
            """
                CREATE TRIGGER moderation_ruleset_no_delete BEFORE DELETE ON moderation_ruleset
                BEGIN SELECT RAISE(ABORT, 'a published ruleset is never deleted'); END
            """,
        ],
        "postgresql": [
            f"""
                CREATE TRIGGER moderation_ruleset_no_update BEFORE UPDATE OF {columns} ON moderation_ruleset
                FOR EACH ROW EXECUTE FUNCTION moderation_ruleset_refuse_change()
            """
        ],
    }
