"""The Celery application of a model worker whose model is scripted: all of it but the engine is the product's own."""

from pathlib import Path
from typing import Any

from celery.signals import import_modules

from chatapp.celery import app

__all__ = ["app"]


@import_modules.connect
def engine_replace(**_: Any) -> None:
    """When Django is set up, and before the worker loads its engine."""
    from django.conf import settings

    from chatapp.generations.worker import tasks
    from tests.support.scripted_model.answers import HOLDS_FOLDER
    from tests.support.scripted_model.engine import TalkingEngine

    def engine_load(model: Any) -> TalkingEngine:
        return TalkingEngine(context_window=model.context_window, holds=Path(settings.DATA_DIR) / HOLDS_FOLDER)

    tasks.engine_load = engine_load  # type: ignore[attr-defined]  # a name that the module imports
