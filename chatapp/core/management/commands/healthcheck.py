"""`manage.py healthcheck`: says by its exit code whether a process of the product is up."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from redis.exceptions import RedisError

from chatapp.core.signs_of_life import default_worker_is_up, worker_is_available


class Command(BaseCommand):
    help = "Exit 0 when the process named has given its sign of life in Redis lately."

    def add_arguments(self, parser: ArgumentParser) -> None:
        group = parser.add_mutually_exclusive_group(required=True)
        group.add_argument("--worker", metavar="SLUG", help="a model worker of this model")
        group.add_argument("--default", action="store_true", help="the worker of the default queue")
        group.add_argument("--beat", action="store_true", help="beat (seen by what the default worker does for it)")

    def handle(self, *args: Any, **options: Any) -> None:
        slug: str | None = options["worker"]
        try:
            # The reaper runs in the default worker when beat tells it to: its sign stands for both.
            is_up = worker_is_available(slug=slug) if slug else default_worker_is_up()
        except RedisError as error:
            raise CommandError(f"Redis does not answer: {error}") from error
        if not is_up:
            raise CommandError("no sign of life")
        self.stdout.write("up")
