"""Models with a linear bias on distance (ALiBi) over slots, against transformers' own generate."""

from collections.abc import Iterator
from typing import Any

import pytest
import torch

from inference.engines.slot_engine import SlotEngine
from inference.layers.alibi import attend_over_slots
from inference.layers.cache import BLOCK_LENGTH
from inference.slots.forward import ForwardPass
from inference.testing import tiny_model
from inference.types import Engine
from tests.inference.company import outputs_in_company
from tests.inference.expected import ExpectedAnswer, expected_answers
from tests.inference.reading import ask, text_of

KINDS: dict[str, dict[str, Any]] = {
    "bloom": {"architecture": "bloom"},
    "bloom of 6 heads": {"architecture": "bloom", "n_head": 6, "hidden_size": 48},
    "falcon": {"architecture": "falcon"},
    "falcon of one key head": {"architecture": "falcon", "multi_query": True},
    "falcon of two key heads": {"architecture": "falcon", "new_decoder_architecture": True, "num_kv_heads": 2},
}
ACROSS_BLOCKS = "the quick brown fox jumps over the lazy dog " * 30
TEXTS = ["Hi", "What is the capital of France?", "jumps over " * 30, ACROSS_BLOCKS]
NUM_TOKENS = 24


@pytest.fixture(scope="module", params=list(KINDS))
def settings(request) -> dict[str, Any]:
    return KINDS[request.param]


@pytest.fixture(scope="module")
def expected(settings, tokenizer) -> dict[str, ExpectedAnswer]:
    return expected_answers(tiny_model(**settings), tokenizer, TEXTS, num_tokens=NUM_TOKENS)


@pytest.fixture(scope="module")
def engine(settings, tokenizer) -> Iterator[Engine]:
    engine = SlotEngine(tiny_model(**settings), tokenizer, num_slots=8, max_prefill_tokens=64, cache_bytes=2**24)
    yield engine
    engine.close()


class TestGreedyAnswers:
    @pytest.mark.parametrize("text", TEXTS)
    def test_are_those_of_generate_alone(self, engine, expected, text):
        assert expected[text].matches(text_of(engine.submit(ask(text, max_new_tokens=NUM_TOKENS))))

    @pytest.mark.parametrize("watched", [TEXTS[1], ACROSS_BLOCKS])
    def test_are_those_of_generate_beside_others_that_join_and_leave(self, engine, expected, watched):
        request = ask(watched, request_id="watched", max_new_tokens=NUM_TOKENS)

        outputs = outputs_in_company(engine, request, texts=TEXTS, num_others=15)

        assert expected[watched].matches(text_of(outputs, "watched"))

    def test_pass_a_cache_block(self, engine):
        assert engine.count_prompt_tokens(ask(ACROSS_BLOCKS).messages) > BLOCK_LENGTH


class TestAModel:
    @pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
    def test_runs_over_slots_in_its_number_format(self, settings, dtype):
        ForwardPass(tiny_model(**settings).to(dtype), num_slots=2, slot_length=300)

    def test_without_the_bias_is_left_as_it_is(self):
        settings: dict[str, Any] = {"architecture": "falcon", "alibi": False}
        model: Any = tiny_model(**settings)
        own = model.transformer.h[0].self_attention

        assert attend_over_slots(model, num_positions=BLOCK_LENGTH) is None
        assert model.transformer.h[0].self_attention is own
