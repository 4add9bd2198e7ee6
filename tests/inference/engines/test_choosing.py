"""Which engine serves a folder, and why."""

import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import torch

from inference.engines.choosing import load_engine, preferred_kind
from inference.errors import ModelUnusable
from inference.testing import TINY_CONTEXT_WINDOW, tiny_model, tiny_tokenizer, write_tiny_model
from inference.types import ChatMessage, Engine, EngineKind
from tests.inference.expected import expected_answer
from tests.inference.reading import ask, ask_messages, text_of

TEXT = "the quick brown fox jumps over the lazy dog"


@pytest.fixture
def load(tmp_path) -> Iterator[Callable[..., Engine]]:
    """Write a tiny model and load it; its engine is closed when the test ends."""
    engines: list[Engine] = []

    def load_one(architecture: str, *, settings: dict[str, Any] | None = None, **options: Any) -> Engine:
        write_tiny_model(tmp_path / architecture, architecture=architecture, **(settings or {}))
        engines.append(load_engine(tmp_path / architecture, dtype="float32", **{"num_slots": 4, **options}))
        return engines[-1]

    yield load_one
    for engine in engines:
        engine.close()


class TestTheChoice:
    @pytest.mark.parametrize("architecture", ["llama", "bloom", "falcon"])
    def test_is_slots_where_they_answer_as_the_model_does(self, load, architecture):
        engine = load(architecture)

        assert engine.capabilities.kind is EngineKind.SLOTS
        assert "the model's own" in engine.capabilities.reason

    def test_is_generate_where_slots_do_not(self, load):
        expected = expected_answer(tiny_model(architecture="mpt"), tiny_tokenizer(), TEXT, num_tokens=24)

        engine = load("mpt")

        assert engine.capabilities.kind is EngineKind.GENERATE
        assert engine.capabilities.reason.startswith("the slots engine cannot serve this model: ")
        assert expected.matches(text_of(engine.submit(ask(TEXT))))

    def test_is_generate_for_an_encoder_decoder_model(self, load):
        tokenizer = tiny_tokenizer()
        tokenizer.chat_template = None
        expected = expected_answer(tiny_model(architecture="t5"), tokenizer, f"be brief\n\n{TEXT}", num_tokens=24)

        engine = load("t5")
        answer = text_of(engine.submit(ask_messages([ChatMessage("system", "be brief"), ChatMessage("user", TEXT)])))

        assert engine.capabilities.kind is EngineKind.GENERATE
        assert "encoder-decoder" in engine.capabilities.reason
        assert engine.context_window == TINY_CONTEXT_WINDOW
        assert expected.matches(answer)

    def test_is_paged_on_a_gpu(self, tmp_path, monkeypatch):
        write_tiny_model(tmp_path / "llama")
        monkeypatch.setattr(torch.cuda, "is_available", lambda: True)

        assert preferred_kind(tmp_path / "llama")[0] is EngineKind.PAGED

    def test_is_logged_with_its_reason(self, load, caplog):
        caplog.set_level(logging.INFO, logger="inference.engines.choosing")

        engine = load("mpt")

        assert engine.capabilities.reason in caplog.text


class TestAnEngineAskedFor:
    @pytest.mark.parametrize("kind", list(EngineKind))
    def test_is_taken(self, load, kind):
        expected = expected_answer(tiny_model(), tiny_tokenizer(), TEXT, num_tokens=24)

        engine = load("llama", kind=kind, max_waiting=3, context_window=200, cache_bytes=2**22)

        assert (engine.capabilities.kind, engine.context_window) == (kind, 200)
        assert expected.matches(text_of(engine.submit(ask(TEXT))))

    @pytest.mark.parametrize(
        ("architecture", "kind", "why"),
        [
            ("mpt", EngineKind.SLOTS, "slots"),
            ("bloom", EngineKind.PAGED, "where the model on its own answers"),
            ("t5", EngineKind.SLOTS, "no encoder"),
            ("t5", EngineKind.PAGED, "no encoder"),
        ],
    )
    def test_is_refused_if_it_cannot_serve_the_model(self, load, architecture, kind, why):
        with pytest.raises(ModelUnusable, match=why):
            load(architecture, kind=kind, cache_bytes=2**22)
