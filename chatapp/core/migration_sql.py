"""Runs SQL that each database spells its own way inside a migration. tests/core looks for what it makes."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db.migrations import RunPython


def vendor_sql(*, forward: Mapping[str, Sequence[str]], backward: Mapping[str, Sequence[str]]) -> RunPython:
    """
    An operation that runs the statements for the connection's vendor ("sqlite" or "postgresql").

    :raises KeyError: on a vendor nobody wrote statements for; a constraint left out silently would be worse.
    """

    def runner(statements: Mapping[str, Sequence[str]]) -> Any:
        def run(_apps: Any, schema_editor: Any) -> None:
            for statement in statements[schema_editor.connection.vendor]:
                schema_editor.execute(statement, params=None)

        return run

    return RunPython(runner(forward), runner(backward))
