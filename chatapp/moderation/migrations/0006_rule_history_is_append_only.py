"""
Revisions and approvals are only added to: triggers refuse the rest. Who made them may be forgotten, not exchanged.

Nobody approves what they wrote themselves.
"""

from django.db import migrations

from chatapp.core.migration_sql import vendor_sql

# table: (columns that never change, the person's column)
TABLES = {
    "moderation_rulerevision": ("id, rule_id, number, snapshot, reason, created_at", "author_id"),
    "moderation_ruleapproval": ("id, revision_id, approved_at", "approver_id"),
}
REFUSAL = "revisions and approvals of rules never change"
SECOND_PERSON = "a revision is approved by another person than its author"


def _sqlite() -> list[str]:
    statements = [
        f"""
            CREATE TRIGGER moderation_ruleapproval_second_person BEFORE INSERT ON moderation_ruleapproval
            WHEN NEW.approver_id = (SELECT author_id FROM moderation_rulerevision WHERE id = NEW.revision_id)
            BEGIN SELECT RAISE(ABORT, '{SECOND_PERSON}'); END
        """
    ]
    for table, (columns, person) in TABLES.items():
        for name, event in (
            ("no_update", f"UPDATE OF {columns} ON {table}"),
            ("no_exchange", f"UPDATE OF {person} ON {table} WHEN NEW.{person} IS NOT NULL"),
            ("no_delete", f"DELETE ON {table}"),
        ):
            refuse = f"BEGIN SELECT RAISE(ABORT, '{REFUSAL}'); END"
            statements.append(f"CREATE TRIGGER {table}_{name} BEFORE {event} {refuse}")
    return statements


def _postgresql() -> list[str]:
    refuse = "EXECUTE FUNCTION moderation_rulehistory_refuse_change()"
    statements = [
        f"""
            CREATE FUNCTION moderation_rulehistory_refuse_change() RETURNS trigger AS $$
            BEGIN RAISE EXCEPTION '{REFUSAL}' USING ERRCODE = 'integrity_constraint_violation';
            END $$ LANGUAGE plpgsql
        """,
        f"""
            CREATE FUNCTION moderation_ruleapproval_check_person() RETURNS trigger AS $$
            BEGIN
                IF NEW.approver_id = (SELECT author_id FROM moderation_rulerevision WHERE id = NEW.revision_id) THEN
                    RAISE EXCEPTION '{SECOND_PERSON}' USING ERRCODE = 'integrity_constraint_violation';
                END IF;
                RETURN NEW;
            END $$ LANGUAGE plpgsql
        """,
        """
            CREATE TRIGGER moderation_ruleapproval_second_person BEFORE INSERT ON moderation_ruleapproval
            FOR EACH ROW EXECUTE FUNCTION moderation_ruleapproval_check_person()
        """,
    ]
    for table, (columns, person) in TABLES.items():
        for name, event, when in (
            ("no_update", f"UPDATE OF {columns}", ""),
            ("no_exchange", f"UPDATE OF {person}", f"WHEN (NEW.{person} IS NOT NULL)"),
            ("no_delete", "DELETE", ""),
        ):
            statements.append(f"CREATE TRIGGER {table}_{name} BEFORE {event} ON {table} FOR EACH ROW {when} {refuse}")
    return statements


TRIGGERS = [
    ("moderation_ruleapproval_second_person", "moderation_ruleapproval"),
    *((f"{table}_{name}", table) for table in TABLES for name in ("no_update", "no_exchange", "no_delete")),
]


class Migration(migrations.Migration):
    dependencies = [("moderation", "0005_rule_history")]

    operations = [
        vendor_sql(
            forward={"sqlite": _sqlite(), "postgresql": _postgresql()},
            backward={
                "sqlite": [f"DROP TRIGGER {name}" for name, _table in TRIGGERS],
                "postgresql": [
                    *(f"DROP TRIGGER {name} ON {table}" for name, table in TRIGGERS),
                    "DROP FUNCTION moderation_ruleapproval_check_person()",
                    "DROP FUNCTION moderation_rulehistory_refuse_change()",
                ],
            },
        )
    ]
