"""The model worker at its start. The weights alone are faked."""

from typing import Any

import pytest

from chatapp.catalog.selectors import model_folder, model_get_default
from chatapp.generations.worker import tasks
from chatapp.generations.worker.runner import engine_load
from inference.engines import choosing as loading
from inference.testing import SCRIPTED_CAPABILITIES, ScriptedEngine
from tests.support.factories import make_model

pytestmark = pytest.mark.django_db(transaction=True)


class TestModelWorker:
    def test_says_in_the_catalog_which_engine_it_serves_with(self, monkeypatch):
        monkeypatch.setattr(tasks, "engine_load", lambda _row: ScriptedEngine())
        slug = model_get_default().slug

        tasks.ModelWorker(slug=slug).close()

        row = model_get_default()
        assert (row.serving_engine, row.serving_reason) == ("slots", "the test scripts it")
        assert row.serving_parameters == sorted(SCRIPTED_CAPABILITIES.parameters)


class TestEngineLoad:
    def test_asks_for_the_engine_that_the_row_names(self, monkeypatch):
        asked: dict[str, Any] = {}
        monkeypatch.setattr(loading, "load_engine", lambda folder, **options: asked.update(folder=folder, **options))
        row = make_model("other", engine="generate", num_slots=3)

        engine_load(row)

        assert asked == {"folder": model_folder(row), "kind": "generate", "num_slots": 3, "context_window": 2048}
