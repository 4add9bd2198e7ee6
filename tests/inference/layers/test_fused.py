"""Fused layers against the model's own, for each member of the family and past its window."""

from typing import Any

import pytest
import torch

from inference.layers.attention import pack
from inference.layers.cache import CacheShape, SlotCache
from inference.layers.fused import FusedDecoder, fuse
from inference.layers.segment import Segment
from inference.testing import tiny_model
from inference.tokens.job import Job

CPU = torch.device("cpu")
NUM_POSITIONS = 128
TOKENS = [(37 * place) % 320 for place in range(1, 61)]
FAMILY: list[tuple[str, dict[str, Any]]] = [
    ("llama", {}),
    ("mistral", {"sliding_window": 24}),
    ("qwen2", {"use_sliding_window": True, "sliding_window": 16, "max_window_layers": 1}),
    ("qwen3", {}),
]


def _logits(fused: FusedDecoder, model: Any, *, chunk: int) -> torch.Tensor:
    """The logits after TOKENS, (V,), computed `chunk` tokens at a time."""
    shape = CacheShape.of(model.config, dtype=model.dtype)
    cache = SlotCache(shape, num_slots=2, slot_length=NUM_POSITIONS, device=CPU, block_length=32)
    job = Job("j", TOKENS, max_tokens=NUM_POSITIONS, slot=1)
    logits = torch.empty(0)
    for start in range(0, len(TOKENS), chunk):
        tokens = TOKENS[start : start + chunk]
        segment = [Segment(job, 1, start, tuple(tokens), samples=True)]
        batch = pack(cache, *((segment, []) if len(tokens) == 1 else ([], segment)), device=CPU)
        positions = torch.arange(start, start + len(tokens))
        logits = fused.logits(torch.tensor(tokens), positions, batch, torch.tensor([len(tokens) - 1]))[0]
    return logits


class TestFusedLayers:
    @pytest.mark.parametrize(("architecture", "settings"), FAMILY)
    @pytest.mark.parametrize("chunk", [60, 7, 1])
    def test_compute_what_the_models_own_layers_do(self, architecture, settings, chunk):
        model = tiny_model(architecture=architecture, **settings)
        with torch.inference_mode():
            expected = model(input_ids=torch.tensor([TOKENS])).logits[0, -1]
            fused = fuse(model, num_positions=NUM_POSITIONS)
            assert fused is not None

            computed = _logits(fused, model, chunk=chunk)

        torch.testing.assert_close(computed, expected, rtol=1e-3, atol=1e-3)

    @pytest.mark.parametrize("chunk", [60, 7, 1])
    def test_stay_near_in_bfloat16(self, chunk):
        reference = tiny_model(initializer_range=0.1)
        model: Any = tiny_model(initializer_range=0.1)
        model.to(torch.bfloat16)
        with torch.inference_mode():
            expected = reference(input_ids=torch.tensor([TOKENS])).logits[0, -1]
            fused = fuse(model, num_positions=NUM_POSITIONS)
            assert fused is not None

            computed = _logits(fused, model, chunk=chunk).float()

        assert (computed - expected).square().mean().sqrt() < 0.05 * expected.std()

    @pytest.mark.parametrize(
        ("architecture", "settings"),
        [
            ("gemma3_text", {}),
            ("llama", {"hidden_act": "gelu"}),
            ("llama", {"mlp_bias": True}),
            ("llama", {"rope_parameters": {"rope_type": "dynamic", "rope_theta": 10_000.0, "factor": 2.0}}),
        ],
    )
    def test_are_not_tried_on_a_model_that_may_compute_something_else(self, architecture, settings):
        assert fuse(tiny_model(architecture=architecture, **settings), num_positions=NUM_POSITIONS) is None

    def test_are_not_tried_where_a_layer_was_replaced(self):
        class Adapted(torch.nn.Linear):
            """A linear layer that adds something of its own."""

        model: Any = tiny_model()
        model.model.layers[1].mlp.down_proj = Adapted(64, 32, bias=False)

        assert fuse(model, num_positions=NUM_POSITIONS) is None
