"""Engines for the tests: tiny random ones, made in milliseconds, and one on the default model."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from inference.engines.choosing import load_engine
from inference.engines.slot_engine import SlotEngine
from inference.models.preparing import prepare_model
from inference.testing import tiny_model, tiny_tokenizer
from inference.tokens.prompts import PromptEncoder
from inference.tokens.vocabulary import Vocabulary
from inference.types import Engine

# Two threads that wait for each other at every small product lose more than they win beside other processes: seen on
# two busy cores, 0.3 ms became 9 ms.
torch.set_num_threads(1)

REPOSITORY = Path(__file__).parents[2]


@pytest.fixture(scope="session")
def tokenizer():
    return tiny_tokenizer()


@pytest.fixture(scope="session")
def vocabulary(tokenizer) -> Vocabulary:
    return Vocabulary.of(tokenizer)


@pytest.fixture(scope="session")
def encoder(tokenizer) -> PromptEncoder:
    return PromptEncoder(tokenizer, None)


@pytest.fixture
def make_engine(tokenizer) -> Iterator[Callable[..., SlotEngine]]:
    """Make engines on a tiny random model; they are closed when the test ends."""
    engines: list[SlotEngine] = []

    def make(*, model: Any = None, **options: Any) -> SlotEngine:
        engine: SlotEngine = SlotEngine(model or tiny_model(), tokenizer, **{"num_slots": 4, **options})
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(make_engine: Callable[..., SlotEngine]) -> SlotEngine:
    return make_engine()


@pytest.fixture(scope="session")
def default_model_path() -> Path:
    """The default model's folder; prepared first where it is missing, which takes up to a minute."""
    path = Path(os.environ.get("CHATAPP_MODELS_DIR", REPOSITORY / "var" / "models")) / "smollm2-135m-instruct"
    prepare_model("default", path)
    return path


@pytest.fixture(scope="session")
def default_engine(default_model_path) -> Iterator[Engine]:
    """The default model in float32, in which batches of any size compute alike to the last few bits."""
    engine = load_engine(default_model_path, dtype="float32", num_slots=16, context_window=1024)
    yield engine
    engine.close()
