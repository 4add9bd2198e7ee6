"""
The SQL by which tables of this app are only ever added to: triggers refuse UPDATE and DELETE.

Migrations run these functions, old ones too, so their effect is frozen: another refusal gets another name. SQLite makes
a table anew for a column with a default or a constraint and forgets its triggers; such a migration begins with the
triggers dropped and ends with them created, or puts them back with `sqlite_append_only_again`.
"""

from collections.abc import Mapping, Sequence

Statements = Mapping[str, Sequence[str]]

EVENTS = ("UPDATE", "DELETE")
CREATE_FUNCTION = """
    CREATE FUNCTION review_refuse_change() RETURNS trigger AS $$
    BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation';
    END $$ LANGUAGE plpgsql
"""
DROP_FUNCTION = "DROP FUNCTION review_refuse_change()"
NOTHING: Statements = {"sqlite": [], "postgresql": []}

_CREATE_SQLITE = (
    "CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} "
    "BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
)
_CREATE_POSTGRESQL = (
    "CREATE TRIGGER {table}_no_{name} BEFORE {event} ON {table} FOR EACH ROW EXECUTE FUNCTION review_refuse_change()"
)


def append_only(*tables: str) -> Statements:
    """On PostgreSQL the function of migration 0002 must be there."""
    return {"sqlite": _each(_CREATE_SQLITE, tables), "postgresql": _each(_CREATE_POSTGRESQL, tables)}


def append_only_undone(*tables: str) -> Statements:
    return {
        "sqlite": _each("DROP TRIGGER {table}_no_{name}", tables),
        "postgresql": _each("DROP TRIGGER {table}_no_{name} ON {table}", tables),
    }


def sqlite_append_only(table: str) -> Statements:
    """After SQLite made the table anew; PostgreSQL keeps its triggers."""
    return {"sqlite": append_only(table)["sqlite"], "postgresql": []}


def sqlite_append_only_undone(table: str) -> Statements:
    return {"sqlite": append_only_undone(table)["sqlite"], "postgresql": []}


def sqlite_append_only_again(table: str) -> Statements:
    """Whether or not SQLite has made the table anew."""
    drop = _each("DROP TRIGGER IF EXISTS {table}_no_{name}", [table])
    return {"sqlite": [*drop, *append_only(table)["sqlite"]], "postgresql": []}


def _each(template: str, tables: Sequence[str]) -> list[str]:
    return [template.format(table=table, event=event, name=event.lower()) for table in tables for event in EVENTS]
