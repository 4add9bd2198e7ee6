"""
Every task of the product by name: who does it, and how often the clock asks for it. The one list.

celery.py imports the tasks' modules by it, settings.py gives beat its times. Knows names alone, so that web and beat
load no task. Tests hold the import contracts and the table in docs/architecture.md to it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class ClockTask:
    """A task of the default worker. Safe when it is lost, late or doubled."""

    name: str
    every_s: float


REAP = ClockTask("chatapp.generations.maintenance.reap", every_s=2.0)
# Sent when one is asked for, too; by the clock for messages that were lost and workers that died.
DRY_RUN = ClockTask("chatapp.review.dry_runs.tasks.dry_run", every_s=10.0)
# Sent when a ruleset is published, too; by the clock for messages that were lost.
RULESET_BUILD = ClockTask("chatapp.moderation.publishing.tasks.ruleset_build", every_s=30.0)
RULE_HOLDS = ClockTask("chatapp.review.holds.tasks.measure", every_s=600.0)
ERASE = ClockTask("chatapp.review.evidence.retention.erase", every_s=3600.0)

DEFAULT_WORKER_TASKS = (REAP, DRY_RUN, RULESET_BUILD, RULE_HOLDS, ERASE)

# The model worker's, on its model's queue. Its module imports the engine.
GENERATE = "chatapp.generations.worker.tasks.generate"


def task_modules(*, of_model_worker: bool) -> list[str]:
    """What a worker imports to know its tasks."""
    return _modules([GENERATE] if of_model_worker else [task.name for task in DEFAULT_WORKER_TASKS])


def beat_schedule() -> dict[str, dict[str, Any]]:
    """What beat sends, in Celery's words. A message that waited until the next one came is dropped."""
    return {
        task.name: {"task": task.name, "schedule": task.every_s, "options": {"expires": task.every_s}}
        for task in DEFAULT_WORKER_TASKS
    }


def _modules(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name.rpartition(".")[0] for name in names))
