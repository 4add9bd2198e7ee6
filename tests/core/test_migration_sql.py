"""SQL that each database spells its own way."""

from typing import Any

import pytest
from django.db import connection

from chatapp.core.migration_sql import vendor_sql


class ForeignConnection:
    vendor = "oracle"


class ForeignEditor:
    connection = ForeignConnection()


def table_exists() -> bool:
    return "spelled" in connection.introspection.table_names()


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
class TestVendorSql:
    def test_runs_the_statements_of_the_connections_vendor_and_takes_them_back(self):
        create, drop = ["CREATE TABLE spelled (id integer)"], ["DROP TABLE spelled"]
        operation: Any = vendor_sql(
            forward={connection.vendor: create, "another": ["this is no SQL"]},
            backward={connection.vendor: drop, "another": ["this is no SQL"]},
        )

        with connection.schema_editor() as editor:
            operation.code(None, editor)
        there = table_exists()
        with connection.schema_editor() as editor:
            operation.reverse_code(None, editor)

        assert there
        assert not table_exists()

    def test_refuses_a_vendor_that_nobody_wrote_statements_for(self):
        operation: Any = vendor_sql(forward={"sqlite": []}, backward={"sqlite": []})

        with pytest.raises(KeyError, match="oracle"):
            operation.code(None, ForeignEditor())
