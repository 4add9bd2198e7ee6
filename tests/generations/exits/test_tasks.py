"""Tasks and all else in Redis: every task is known by its parameters, and nothing that was withheld is on the way."""

from importlib import import_module

import pytest

from chatapp.celery import app as celery_app
from chatapp.generations import maintenance as maintenance_tasks
from chatapp.generations.worker import tasks as generation_tasks
from chatapp.launch.configuration import CHECKOUT
from chatapp.moderation.publishing import tasks as moderation_tasks
from chatapp.review.dry_runs import tasks as dry_run_tasks
from chatapp.review.evidence import retention
from chatapp.review.holds import tasks as hold_tasks
from tests.generations.exits.aftermath import withheld_in
from tests.support.redis_contents import contents

pytestmark = [pytest.mark.django_db(transaction=True)]

# Tasks by name, with their parameters: a model's name at most. Nobody keeps a result.
TASKS = {
    generation_tasks.generate.name: ("slug",),
    maintenance_tasks.reap.name: (),
    moderation_tasks.ruleset_build.name: (),
    dry_run_tasks.dry_run.name: (),
    hold_tasks.measure.name: (),
    retention.erase.name: (),
}


def task_modules_import() -> None:
    """No process imports all of them, so they are looked for in the sources."""
    for path in (CHECKOUT / "chatapp").rglob("*.py"):
        if "@shared_task" in path.read_text(encoding="utf-8"):
            import_module(".".join(path.relative_to(CHECKOUT).with_suffix("").parts))


class TestTasks:
    def test_are_all_known_and_keep_no_result(self):
        task_modules_import()

        ours = {name for name in celery_app.tasks if not name.startswith("celery.")}

        assert ours == set(TASKS)
        assert celery_app.conf.task_ignore_result
        assert celery_app.conf.result_backend is None

    @pytest.mark.parametrize(("name", "parameters"), TASKS.items())
    def test_take_what_the_table_says(self, name, parameters):
        code = celery_app.tasks[name].run.__code__

        assert code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] == parameters

    def test_and_all_else_in_redis_hold_nothing_that_was_withheld(self, after, event_log):
        kept = b"".join(part for key in event_log.scan_iter() for part in (key, *contents(event_log, key)))

        assert b"The code is " in kept
        assert withheld_in(kept.decode(errors="replace")) == []
