"""
The whole product on its own ports and data, under its own supervisor: what `make run` starts, for tests.

Two catalog rows serve the same weights, so that choosing a model and a second worker are real.
"""

import asyncio
import json
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import redis

from chatapp.core.signs_of_life import workers_key
from chatapp.launch.configuration import CHECKOUT, DEFAULT_MODEL_SLUG, configuration_from_environment
from chatapp.launch.ports import find_free_port
from chatapp.launch.processes import ServedModel
from chatapp.launch.stack import Stack
from tests.support.client import Person
from tests.support.waiting import wait_until

ADMIN_EMAIL = "admin@localhost"
ADMIN_PASSWORD = "the tests' administrator"
SECOND_SLUG = "second"
GUARD = "tiny-guard"
HEALTHY_LIMIT_S = 120.0
# Long enough to be cut in the middle, short enough that a test does not wait for a story to end.
MAX_NEW_TOKENS = 96


class Product:
    """One running instance and the means to disturb it."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.address = stack.configuration.address
        self.redis = redis.Redis.from_url(stack.redis_url)

    def person(self) -> Person:
        """A newly signed-up person."""
        return Person(self.address).sign_up()

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


@contextmanager
def running_product(data_dir: Path) -> Iterator[Product]:
    """Start everything and wait until it is healthy; end everything afterwards."""
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
    }
    for name in ("REDIS_URL", "DATABASE_URL", "CHATAPP_SECRET_KEY", "DJANGO_SETTINGS_MODULE"):
        environ.pop(name, None)
    with Stack(configuration_from_environment(environ), environ=environ, report=print) as stack:
        stack.require_startable()
        models = stack.prepare()
        _models_set_up(stack)
        stack.start([*models, ServedModel(slug=SECOND_SLUG, num_slots=4)])
        stack.wait_healthy(limit_s=HEALTHY_LIMIT_S)
        yield Product(stack)


def _guard(path: Path) -> dict[str, str]:
    """The settings of a model that finds harm in everything; rules that name it ask it in the model worker."""
    from transformers import AutoModelForSequenceClassification

    from tests.support.scoring_models import write_tiny_bert

    write_tiny_bert(path, AutoModelForSequenceClassification)
    return {"kind": "sequence-classification", "path": str(path)}


def _models_set_up(stack: Stack) -> None:
    Product(stack).manage(
        "from chatapp.catalog.models import ChatModel\n"
        "from chatapp.catalog.services import model_add\n"
        f"model_add(slug='{SECOND_SLUG}', name='Second model', source='default', path='{DEFAULT_MODEL_SLUG}', "
        "context_window=2048)\n"
        f"ChatModel.objects.update(max_new_tokens={MAX_NEW_TOKENS})"
    )
