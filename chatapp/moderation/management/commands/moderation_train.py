"""Trains the classifier that works out of the box, from given files. The edge: reads arguments, prints progress."""

import json
from argparse import ArgumentParser
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from chatapp.moderation.judging.classifiers.linear import BUNDLED_WEIGHTS
from chatapp.moderation.judging.classifiers.training.datasets import DatasetUnusable
from chatapp.moderation.judging.classifiers.training.fitting import RowsUnusable
from chatapp.moderation.judging.classifiers.training.making import make_classifier


class Command(BaseCommand):
    help = (
        "Train the n-gram classifier from CSV tables (text, label) and harmless lines; write plain arrays and a card. "
        "Needs scipy: pip install -r requirements-training.txt"
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--train", nargs="+", type=Path, required=True, help="CSV: text, label (1 offensive)")
        parser.add_argument("--harmless", nargs="*", type=Path, default=[], help="one harmless text a line")
        parser.add_argument("--evaluate", nargs="*", type=Path, default=[], help="CSV that is only scored")
        parser.add_argument(
            "--origins",
            type=Path,
            default=BUNDLED_WEIGHTS / "origins.json",
            help="JSON: name, licence, source and language of each file, by file name",
        )
        parser.add_argument("--out", type=Path, default=BUNDLED_WEIGHTS)

    def handle(self, *_args: Any, **options: Any) -> None:
        if find_spec("scipy") is None:
            raise CommandError(
                _("Training needs scipy, and nothing else does: pip install -r requirements-training.txt")
            )
        try:
            card = make_classifier(
                train_paths=options["train"],
                harmless_paths=options["harmless"],
                evaluate_paths=options["evaluate"],
                origins_path=options["origins"],
                out=options["out"],
                report=self.stdout.write,
            )
        except (DatasetUnusable, RowsUnusable, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(json.dumps(card["figures"], indent=2))
        self.stdout.write(
            _("%(count)d n-grams written to %(out)s") % {"count": card["num_ngrams"], "out": options["out"]}
        )
