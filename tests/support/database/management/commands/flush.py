"""`flush` for the test database: back to what the migrations left, instead of empty."""

from typing import Any

from django.core.management.commands import flush

from tests.support.database.migrated import restore, triggers_aside


class Command(flush.Command):
    def handle(self, **options: Any) -> None:
        with triggers_aside():
            super().handle(**{**options, "inhibit_post_migrate": True})
        restore()
