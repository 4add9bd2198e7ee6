"""`manage.py catalog_list_enabled`: which model workers to start."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.catalog.selectors import model_folder, model_list_enabled


class Command(BaseCommand):
    help = "Print the enabled models as a JSON list of {slug, path, num_slots}."

    def handle(self, *args: Any, **options: Any) -> None:
        rows = [
            {"slug": row.slug, "path": str(model_folder(row)), "num_slots": row.num_slots}
            for row in model_list_enabled()
        ]
        self.stdout.write(json.dumps(rows))
