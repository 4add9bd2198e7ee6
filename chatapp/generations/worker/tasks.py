"""
The model worker's task, and the life of its engine. Imported by model workers alone.

A task claims the next queued row of its model, gives it to the runner and waits for the end; with no row it returns.
"""

import json
import os
import socket
import threading
from dataclasses import asdict
from pathlib import Path
from typing import Any

import structlog
from celery import shared_task
from celery.signals import worker_init, worker_shutdown, worker_shutting_down
from django.conf import settings
from django.db import connection
from redis.exceptions import RedisError

from chatapp.catalog.selectors import model_folder, model_get_enabled
from chatapp.catalog.services import model_engine_report
from chatapp.core import clock
from chatapp.core.signs_of_life import WORKER_SIGN_S, worker_sign, worker_sign_off
from chatapp.generations.holding import generation_claim
from chatapp.generations.worker.model_judges import ModelJudges
from chatapp.generations.worker.runner import Runner, engine_load
from chatapp.moderation.judging.classifiers.model_settings import models_read
from chatapp.moderation.offer import offer_current, offer_set
from chatapp.task_table import GENERATE

logger = structlog.get_logger(__name__)


class ModelWorker:
    """The engine and the runner of this process, and its sign of life."""

    def __init__(self, *, slug: str) -> None:
        self.slug = slug
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        model = model_get_enabled(slug=slug)
        self.engine = engine_load(model)
        can = self.engine.capabilities
        model_engine_report(slug=slug, kind=can.kind.value, reason=can.reason, parameters=can.parameters)
        models = models_read(settings.MODERATION_MODELS)
        self.judges = ModelJudges(models, models_folder=Path(settings.MODELS_DIR), offer=offer_current())
        self.judges.serve_judge(self.engine, chat_model_folder=model_folder(model))
        offer_set(self.judges.offer)  # before the first ruleset is loaded: its rules ask what is offered by then
        self.runner = Runner(engine=self.engine)
        self._stopped = threading.Event()
        connection.close()

    def signs_begin(self) -> None:
        threading.Thread(target=self._signs, name="sign-of-life", daemon=True).start()

    def _signs(self) -> None:
        while not self._stopped.is_set():
            try:
                worker_sign(slug=self.slug, worker=self.name, stats=json.dumps(asdict(self.engine.stats())))
            except RedisError as error:
                logger.warning("sign_not_given", error=str(error))
            self._stopped.wait(WORKER_SIGN_S)

    def close(self) -> None:
        self._stopped.set()
        self.runner.close()  # before the judges: whoever they leave unanswered could be withheld for it
        self.judges.close()
        try:
            worker_sign_off(slug=self.slug, worker=self.name)
        except RedisError as error:
            logger.warning("sign_off_not_given", error=str(error))


_worker: ModelWorker | None = None


def _thread_died(fault: threading.ExceptHookArgs) -> None:
    """
    End the process when engine, relay or writer died of a fault nobody foresaw.

    Without them the leases would be renewed, or the sign of life given, for answers that nobody writes. The supervisor
    brings the process back, and its generations go to the next attempt.
    """
    name = fault.thread.name if fault.thread else "?"
    logger.critical("thread_died", thread=name, exc_info=(fault.exc_type, fault.exc_value, fault.exc_traceback))
    os._exit(1)


@worker_init.connect  # type: ignore[untyped-decorator]  # celery has no types
def worker_begin(**_: Any) -> None:
    """Load the model before the first message is taken."""
    global _worker  # noqa: PLW0603  # Celery gives a process no other place
    threading.excepthook = _thread_died
    _worker = ModelWorker(slug=settings.MODEL_SLUG)
    _worker.signs_begin()


@worker_shutting_down.connect  # type: ignore[untyped-decorator]  # celery has no types
def worker_hand_over(**_: Any) -> None:
    """Only sets the event on which the runner hands over and ends its tasks."""
    if _worker is not None:
        _worker.runner.hand_over()


@worker_shutdown.connect  # type: ignore[untyped-decorator]  # celery has no types
def worker_end(**_: Any) -> None:
    if _worker is not None:
        _worker.close()


@shared_task(name=GENERATE)  # type: ignore[untyped-decorator]  # celery has no types
def generate(slug: str) -> None:
    """Claim the next row of the model and carry it to its end."""
    worker = _worker
    if worker is None or worker.slug != slug:
        raise RuntimeError(f"this worker serves {settings.MODEL_SLUG!r}, not {slug!r}")
    if worker.runner.is_handing_over:
        return
    try:
        row = generation_claim(model_slug=slug, worker=worker.name, now=clock.now())
        if row is not None:
            worker.runner.run(row)
    finally:
        connection.close()
