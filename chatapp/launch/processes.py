"""
What runs (docs/architecture.md): each process as a value. Pure.

Knows commands, order and limits; knows nothing of how they are kept running.
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from chatapp.launch.configuration import Configuration
from chatapp.launch.errors import PreparationError

# The order of stopping is the reverse of the order of starting: Redis is there before and after everything else.
REDIS_PRIORITY = 1
PRODUCT_PRIORITY = 100
# A turn that is under way is handed over at once on SIGTERM. Together with Redis below 10 s (stopping.py).
PRODUCT_STOP_S = 4
REDIS_STOP_S = 1
# Beside the threads that wait for a running answer, a few for what only looks into the queue and returns.
SPARE_MODEL_WORKER_THREADS = 4
DEFAULT_WORKER_THREADS = 4
# What workers would tell each other nobody uses, and asking for it costs a second at every start.
ALONE = ("--without-gossip", "--without-mingle")
MODEL_WORKER_PREFIX = "model-"


class ProcessName(StrEnum):
    """The processes that every instance has; a model worker is called `model-<slug>`."""

    REDIS = "redis"
    WEB = "web"
    WORKER = "worker"
    BEAT = "beat"


@dataclass(frozen=True, kw_only=True)
class ServedModel:
    """An enabled row of the catalog."""

    slug: str
    num_slots: int


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process to keep running."""

    name: str
    arguments: tuple[str, ...]
    priority: int = PRODUCT_PRIORITY
    stop_s: int = PRODUCT_STOP_S
    environment: Mapping[str, str] = field(default_factory=dict)


class ProcessesOf(Protocol):
    """What an instance runs beside Redis, for the models that it serves."""

    def __call__(self, configuration: Configuration, *, models: Iterable[ServedModel]) -> list[Process]: ...


def product_processes(configuration: Configuration, *, models: Iterable[ServedModel]) -> list[Process]:
    """Everything but Redis."""
    return [
        web_process(configuration),
        default_worker_process(),
        beat_process(configuration),
        *(model_worker_process(model) for model in models),
    ]


def web_process(configuration: Configuration) -> Process:
    # -v 0: no access log of whole addresses; a search and a password-reset link stand in them.
    return Process(
        name=ProcessName.WEB,
        arguments=(
            *_module("daphne"), "-b", configuration.host, "-p", str(configuration.port), "-v", "0",
            "chatapp.asgi:application",
        ),
    )  # fmt: skip


def default_worker_process() -> Process:
    # Threads, not forks: a killed worker then leaves no children behind.
    return Process(
        name=ProcessName.WORKER,
        arguments=(
            *_celery("worker"), "-Q", "default", "-n", "default@%h", "--pool", "threads", "-c",
            str(DEFAULT_WORKER_THREADS), *ALONE, "--loglevel", "INFO",
        ),
    )  # fmt: skip


def beat_process(configuration: Configuration) -> Process:
    return Process(
        name=ProcessName.BEAT,
        arguments=(
            *_celery("beat"), "--schedule", str(configuration.run_dir / "beat-schedule"), "--loglevel", "INFO"
        ),
    )  # fmt: skip


def model_worker_process(model: ServedModel) -> Process:
    return Process(
        name=f"{MODEL_WORKER_PREFIX}{model.slug}",
        arguments=(
            *_celery("worker"), "-Q", f"generate.{model.slug}", "-n", f"{model.slug}@%h", "--pool", "threads", "-c",
            str(model.num_slots + SPARE_MODEL_WORKER_THREADS), "--disable-prefetch", *ALONE, "--loglevel",
            "INFO",
        ),
        environment={"CHATAPP_MODEL_SLUG": model.slug},
    )  # fmt: skip


def redis_process(arguments: tuple[str, ...]) -> Process:
    return Process(name=ProcessName.REDIS, arguments=arguments, priority=REDIS_PRIORITY, stop_s=REDIS_STOP_S)


def served_models(catalog_json: str) -> list[ServedModel]:
    """
    What `manage.py catalog_list_enabled` printed.

    :raises PreparationError: if it is not a list of rows with a usable slug and a number of slots.
    """
    try:
        rows = json.loads(catalog_json)
        models = [ServedModel(slug=str(row["slug"]), num_slots=int(row["num_slots"])) for row in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise PreparationError(f"The list of enabled models could not be read: {catalog_json!r}") from error
    for model in models:
        if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", model.slug):
            raise PreparationError(f"The model's slug {model.slug!r} may hold letters, digits, - and _ only.")
    return models


def held(process: Process, *, run_dir: Path) -> tuple[str, ...]:
    """The command that marks the process as alive for `make stop` (see held.py)."""
    return (*_module("chatapp.launch.held"), str(run_dir / f"{process.name}.alive"), *process.arguments)


def _celery(command: str) -> tuple[str, ...]:
    return (*_module("celery"), "-A", "chatapp.celery:app", command)


def _module(name: str) -> tuple[str, ...]:
    return (sys.executable, "-m", name)
