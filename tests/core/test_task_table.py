"""One list of tasks: what workers import, beat sends and the architecture tells is what stands in it."""

import re
from importlib import import_module

from django.conf import settings

from chatapp.celery import app
from chatapp.launch.configuration import CHECKOUT
from chatapp.task_table import DEFAULT_WORKER_TASKS, GENERATE, task_modules

UNIT_S = {"s": 1, "min": 60, "h": 3600}
# | 30 s | `moderation.publishing.tasks.ruleset_build` | builds a ruleset whose task was lost |
ROW = re.compile(r"^\| (\d+) (s|min|h) \| `([\w.]+)` \|", re.MULTILINE)


def tasks_of(modules: list[str]) -> set[str]:
    """The tasks that are known once these modules are imported, of these modules."""
    for module in modules:
        import_module(module)
    return {name for name in app.tasks if name.rpartition(".")[0] in modules}


class TestTheTaskTable:
    def test_has_every_task_of_the_modules_that_a_worker_imports(self):
        assert tasks_of(task_modules(of_model_worker=False)) == {task.name for task in DEFAULT_WORKER_TASKS}
        assert tasks_of(task_modules(of_model_worker=True)) == {GENERATE}

    def test_has_every_module_that_makes_a_task(self):
        makers = [path for path in (CHECKOUT / "chatapp").rglob("*.py") if "@shared_task" in path.read_text()]

        modules = {".".join(path.relative_to(CHECKOUT).with_suffix("").parts) for path in makers}

        assert modules == {*task_modules(of_model_worker=False), *task_modules(of_model_worker=True)}

    def test_is_what_the_default_worker_imports(self):
        assert app.conf.imports == task_modules(of_model_worker=False)

    def test_is_what_beat_sends_dropping_what_waited_until_the_next(self):
        sent = {
            entry["task"]: (entry["schedule"], entry["options"]["expires"])
            for entry in settings.CELERY_BEAT_SCHEDULE.values()
        }

        assert sent == {task.name: (task.every_s, task.every_s) for task in DEFAULT_WORKER_TASKS}

    def test_is_what_the_architecture_tells(self):
        text = (CHECKOUT / "docs" / "architecture.md").read_text()

        told = [(f"chatapp.{name}", float(number) * UNIT_S[unit]) for number, unit, name in ROW.findall(text)]

        assert told == sorted(((task.name, task.every_s) for task in DEFAULT_WORKER_TASKS), key=lambda row: row[1])
