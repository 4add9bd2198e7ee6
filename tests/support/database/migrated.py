"""
The test database as the migrations left it: its first model, templates and ruleset are there in every test.

Django empties the database after a test that commits. Here that means: back to this state. `flush` (beside this file)
does it; the triggers that make rows append-only stand aside meanwhile on SQLite (TRUNCATE on PostgreSQL fires none).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, transaction

_rows: dict[str, list[tuple[Any, ...]]] = {}


def remember() -> None:
    """Keep the rows that the migrations made. Call once, before the first test."""
    with connection.cursor() as cursor:
        for table in connection.introspection.django_table_names(only_existing=True, include_views=False):
            cursor.execute(f"SELECT * FROM {table}")
            _rows[table] = cursor.fetchall()


@transaction.atomic
def restore() -> None:
    """Put the remembered rows into the empty tables, whose foreign keys are checked at the end."""
    with connection.cursor() as cursor:
        for table, rows in _rows.items():
            if rows:
                cursor.executemany(f"INSERT INTO {table} VALUES ({', '.join(['%s'] * len(rows[0]))})", rows)


@contextmanager
def triggers_aside() -> Iterator[None]:
    """Take SQLite's triggers away and put them back as they were."""
    triggers = _sqlite_triggers() if connection.vendor == "sqlite" else []
    with connection.cursor() as cursor:
        for name, _ in triggers:
            cursor.execute(f"DROP TRIGGER {name}")
        yield
        for _, sql in triggers:
            cursor.execute(sql)


def _sqlite_triggers() -> list[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return [(name, sql) for name, sql in cursor.fetchall()]
