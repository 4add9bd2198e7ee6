"""Every test of the contract runs on every kind of engine."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inference.testing import speaking_model
from inference.types import (
    Engine,
)
from tests.inference.engines.contract.making import (
    DECODERS,
    KINDS,
    SPOKEN,
    TEXTS,
    Gate,
    hookable_model,
    make_model,
    make_tokenizer,
    start_engine,
)
from tests.inference.expected import expected_answers


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(kind) -> Iterator[Engine]:
    """One engine for all tests of a kind that leave it as it was."""
    engine = start_engine(kind)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(kind) -> dict[str, Any]:
    return expected_answers(make_model(kind), make_tokenizer(kind), TEXTS, num_tokens=24)


@pytest.fixture
def start(kind) -> Iterator[Callable[..., Engine]]:
    """Start engines of the kind with options of their own; they are closed when the test ends."""
    engines: list[Engine] = []

    def start_one(**options: Any) -> Engine:
        engines.append(start_engine(kind, **options))
        return engines[-1]

    yield start_one
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module", params=DECODERS)
def speaker(request) -> Iterator[Engine]:
    """Says SPOKEN, one token after the other, whatever it is asked."""
    engine = start_engine(request.param, model=speaking_model(SPOKEN))
    yield engine
    engine.close()


@pytest.fixture
def gated(kind, start) -> Iterator[tuple[Callable[..., Engine], list[Gate]]]:
    """Start an engine whose forward passes the test lets through."""
    gates: list[Gate] = []
    model = hookable_model(kind)

    def start_gated(**options: Any) -> Engine:
        engine: Engine = start(model=model, **options)
        gates.append(Gate(model))  # after the engine's own check of the model
        return engine

    yield start_gated, gates
    for gate in gates:
        gate.open()
