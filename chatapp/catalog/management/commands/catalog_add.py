"""`manage.py catalog_add`: what `make model-add` ends with."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from chatapp.catalog.services import model_add


class Command(BaseCommand):
    help = "Add a model whose weights were prepared, and enable it."

    def add_arguments(self, parser: ArgumentParser) -> None:
        for name in ("slug", "name", "source", "path"):
            parser.add_argument(f"--{name}", required=True)
        parser.add_argument("--revision", default="", help="of a Hub id")
        parser.add_argument("--context-window", type=int, required=True, help="tokens")

    def handle(self, *args: Any, **options: Any) -> None:
        model = model_add(
            slug=options["slug"],
            name=options["name"],
            source=options["source"],
            path=options["path"],
            revision=options["revision"],
            context_window=options["context_window"],
        )
        self.stdout.write(f"{model.slug} is enabled")
