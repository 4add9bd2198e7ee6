"""
The whole product on its own ports and data, under its own supervisor: what `make run` starts, for tests.

The catalog has the default model, which really speaks, and a scripted one that says what a test asks it to say
(scripted_model/answers.py): what a test needs to happen must not depend on what a model happens to say.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import redis

from chatapp.core.signs_of_life import workers_key
from chatapp.launch.configuration import (
    CHECKOUT,
    DEFAULT_MODEL_SLUG,
    Configuration,
    configuration_from_environment,
)
from chatapp.launch.ports import find_free_port
from chatapp.launch.processes import Process, ServedModel, model_worker_process, product_processes
from chatapp.launch.stack import Stack
from tests.support.client import Person
from tests.support.scripted_model.answers import HOLDS_FOLDER, Hold
from tests.support.waiting import wait_until

ADMIN_EMAIL = "admin@localhost"
ADMIN_PASSWORD = "the tests' administrator"
SCRIPTED = ServedModel(slug="scripted", num_slots=4)
SCRIPTED_CONTEXT_WINDOW = 2048
GUARD = "tiny-guard"
HEALTHY_LIMIT_S = 300.0
# Of the default model: enough to see it stream, and soon over on the slowest machine.
MAX_NEW_TOKENS = 16


class Product:
    """One running instance and the means to disturb it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.address = stack.configuration.address
        self.redis = redis.Redis.from_url(stack.redis_url)
        self._hold_names = map(str, count(1))

    def person(self) -> Person:
        """A newly signed-up person, whose conversations begin with the scripted model unless they choose another."""
        return Person(self.address, model=SCRIPTED.slug).sign_up()

    def hold(self) -> Hold:
        """A place for a scripted answer to wait at; nobody has let it go on yet."""
        return Hold(next(self._hold_names))

    def let_go(self, hold: Hold) -> None:
        """Have every answer that waits at the hold, or comes to it, go on."""
        folder = self.stack.configuration.data_dir / HOLDS_FOLDER
        folder.mkdir(exist_ok=True)
        (folder / hold.name).touch()

    def admin(self) -> Person:
        return Person(self.address).sign_in(email=ADMIN_EMAIL, password=ADMIN_PASSWORD)

    def manage(self, code: str) -> Any:
        """Run Python inside the product's Django, as an administrator's shell does; returns its `result`."""
        script = f"import json\nresult = None\n{code}\nprint('\\n@@' + json.dumps(result, default=str))"
        done = subprocess.run(
            [sys.executable, "manage.py", "shell", "-v0", "-c", script],
            cwd=CHECKOUT,
            env=self.stack.environment,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            raise AssertionError(done.stderr)
        return json.loads(done.stdout.rpartition("@@")[2])

    def kill(self, name: str) -> int:
        """SIGKILL a process; the supervisor brings it back. Returns the pid that died."""
        pid = self.stack.pid(name)
        os.kill(pid, signal.SIGKILL)
        return pid

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Keep a process from doing anything for a moment: shorter than anybody takes it for dead."""
        pid = self.stack.pid(name)
        os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(pid, signal.SIGCONT)

    def wait_for_web(self) -> None:
        """Wait until the web process answers again."""
        wait_until(self._web_answers, limit_s=HEALTHY_LIMIT_S, what="the web process")

    def _web_answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.address}/healthz", timeout=5) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_for_worker(self, slug: str = DEFAULT_MODEL_SLUG) -> None:
        wait_until(lambda: self._has_worker(slug), limit_s=HEALTHY_LIMIT_S, what=f"a worker of {slug}")

    def _has_worker(self, slug: str) -> bool:
        return bool(self.redis.exists(workers_key(slug)))

    def worker_stop(self, slug: str) -> None:
        """Stop a model's worker and wait until it is gone."""
        name = f"model-{slug}"
        self.stack.control.request_stop(name)
        wait_until(lambda: self.stack.states()[name].is_ended, what=f"the end of {name}")
        wait_until(lambda: not self._has_worker(slug), what=f"the last sign of {name}")

    def worker_start(self, slug: str) -> None:
        self.stack.control.request_start(f"model-{slug}")
        self.wait_for_worker(slug)

    @asynccontextmanager
    async def without_worker(self, slug: str) -> AsyncIterator[None]:
        """Be without a model's worker for a while. Waits in a thread: open sockets go on answering pings."""
        await asyncio.to_thread(self.worker_stop, slug)
        try:
            yield
        finally:
            await asyncio.to_thread(self.worker_start, slug)


def scripted_worker_process() -> Process:
    """The product's own model worker, with the tests' engine in it."""
    process = model_worker_process(SCRIPTED)
    arguments = tuple(
        part.replace("chatapp.celery:app", "tests.support.scripted_model.worker:app") for part in process.arguments
    )
    return replace(process, arguments=arguments)


def _processes(configuration: Configuration, *, models: Iterable[ServedModel]) -> list[Process]:
    return [*product_processes(configuration, models=models), scripted_worker_process()]


@contextmanager
def running_product(
    data_dir: Path, *, max_new_tokens: int = MAX_NEW_TOKENS, variables: Mapping[str, str] | None = None
) -> Iterator[Product]:
    """
    Start everything and wait until it is healthy; end everything afterwards.

    max_new_tokens: of the default model's answers. variables: of the environment, for all its processes.
    """
    environ = {
        **os.environ,
        "CHATAPP_DATA_DIR": str(data_dir),
        "CHATAPP_MODELS_DIR": os.environ.get("CHATAPP_MODELS_DIR") or str(CHECKOUT / "var" / "models"),
        "CHATAPP_ADMIN_PASSWORD": ADMIN_PASSWORD,
        "PORT": str(find_free_port()),
        "REDIS_PORT": str(find_free_port()),
        "HOST": "127.0.0.1",
        "MODERATION_MODELS": json.dumps({GUARD: _guard(data_dir / GUARD)}),
        # A test run signs up many people from one address.
        "SIGN_UP_RATE": "1000/m/ip",
        **(variables or {}),
    }
    for name in ("REDIS_URL", "DATABASE_URL", "CHATAPP_SECRET_KEY", "DJANGO_SETTINGS_MODULE"):
        environ.pop(name, None)
    configuration = configuration_from_environment(environ)
    with Stack(configuration, environ=environ, report=print, processes=_processes) as stack:
        stack.require_startable()
        models = stack.prepare()
        _models_set_up(stack, max_new_tokens=max_new_tokens)
        stack.start(models)
        stack.wait_healthy(limit_s=HEALTHY_LIMIT_S)
        yield Product(stack)


def _guard(path: Path) -> dict[str, str]:
    """The settings of a model that finds harm in everything; rules that name it ask it in the model worker."""
    from transformers import AutoModelForSequenceClassification

    from tests.support.scoring_models import write_tiny_bert

    write_tiny_bert(path, AutoModelForSequenceClassification)
    return {"kind": "sequence-classification", "path": str(path)}


def _models_set_up(stack: Stack, *, max_new_tokens: int) -> None:
    Product(stack).manage(
        "from chatapp.catalog.models import ChatModel\n"
        "from chatapp.catalog.services import model_add\n"
        f"ChatModel.objects.update(max_new_tokens={max_new_tokens})\n"
        f"model_add(slug='{SCRIPTED.slug}', name='Scripted model', source='tests', path='{DEFAULT_MODEL_SLUG}', "
        f"context_window={SCRIPTED_CONTEXT_WINDOW})\n"
        f"ChatModel.objects.filter(slug='{SCRIPTED.slug}').update(default_system_prompt='Say what you are told to.')"
    )
