"""What each process may load: invariant 6 of docs/architecture.md, seen from inside a fresh process."""

import json
import os
import subprocess
import sys
from importlib.util import find_spec

import pytest

from chatapp.launch.configuration import CHECKOUT

# By what is imported at the top: moving a module within leaves nothing unnoticed.
HEAVY = {"torch", "transformers", "accelerate", "inference"}
OURS = {"django", "celery", "redis", "channels", "chatapp"}
ENTRIES = {
    "web": "import chatapp.asgi",
    "default worker": (
        "import django, importlib; from chatapp.celery import app; django.setup(); "
        "[importlib.import_module(name) for name in app.conf.imports]; "
        "from chatapp.task_table import DEFAULT_WORKER_TASKS; [app.tasks[task.name] for task in DEFAULT_WORKER_TASKS]"
    ),
    "beat": "import django; import chatapp.celery; django.setup(); import celery.beat",
}


def loaded_after(code: str) -> set[str]:
    """The modules of a fresh interpreter that ran the code with the product's settings."""
    environment = {name: value for name, value in os.environ.items() if name != "CHATAPP_MODEL_SLUG"}
    environment |= {"DJANGO_SETTINGS_MODULE": "chatapp.settings", "CHATAPP_SECRET_KEY": "of this test"}
    script = f"import json, sys\n{code}\nprint(json.dumps(sorted(sys.modules)))"
    finished = subprocess.run(
        [sys.executable, "-c", script], cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False
    )
    assert finished.returncode == 0, finished.stderr
    return set(json.loads(finished.stdout.splitlines()[-1]))


def tops(loaded: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in loaded}


class TestWhatIsLookedFor:
    @pytest.mark.parametrize("name", sorted(HEAVY | OURS))
    def test_can_be_loaded_at_all(self, name):
        assert name in sys.modules or find_spec(name) is not None


class TestProcess:
    @pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES)
    def test_loads_no_engine(self, entry):
        loaded = loaded_after(entry)

        assert "chatapp.settings" in loaded
        assert tops(loaded) & HEAVY == set()


class TestInference:
    def test_loads_nothing_of_the_web_and_nothing_of_ours(self):
        loaded = loaded_after("import inference.engines.slot_engine, inference.engines.choosing, inference.prepare")

        assert "torch" in loaded
        assert tops(loaded) & OURS == set()
