"""
Runs one step's plan through the model.

Owns model, cache and device; the only place where a plan's integers become tensors. Knows no request.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inference.attention import ATTENTION_NAME, pack, slot_attention
from inference.cache import CacheShape, SlotCache
from inference.errors import ModelUnusable
from inference.sampling import SamplingRow, choose_tokens
from inference.scheduler import Job, Segment, StepPlan

if TYPE_CHECKING:
    from transformers import PreTrainedModel

_PARITY_TOKENS = 12
_ELSEWHERE = "serve it with another engine, or choose another model"


class ForwardPass:
    """
    A Hugging Face causal language model over a SlotCache.

    Switches the model to slot attention for good: it cannot be called by others afterwards.
    """

    def __init__(self, model: "PreTrainedModel", *, num_slots: int, slot_length: int) -> None:
        """:raises ModelUnusable: if the model computes something else over slots than on its own."""
        from transformers import AttentionInterface

        AttentionInterface.register(ATTENTION_NAME, slot_attention)
        self._model = model
        self._device = model.device
        shape = CacheShape.of(model.config, dtype=model.dtype)
        self.cache = SlotCache(shape, num_slots=num_slots, slot_length=slot_length, device=self._device)
        with torch.inference_mode():
            self._require_parity()

    def run(self, plan: StepPlan, rows: Sequence[SamplingRow]) -> list[int | None]:
        """
        Compute a plan and choose the next token of each segment that samples, in the plan's order.

        rows: one for each of those. A None among the returned stands for a row whose logits are broken.
        """
        with torch.inference_mode():
            self.set_up(plan)
            logits = self.logits(plan.decodes, plan.prefills)
            return choose_tokens(logits, rows) if rows else []

    def set_up(self, plan: StepPlan) -> None:
        for slot in plan.evicted:
            self.cache.discard(slot)
        for admission in plan.admissions:
            if admission.source != admission.slot:
                self.cache.discard(admission.slot)
                self.cache.copy_prefix(admission.source, admission.slot, admission.num_cached)
            self.cache.discard(admission.slot, keep=admission.num_cached)

    def logits(self, decodes: Sequence[Segment], prefills: Sequence[Segment]) -> Tensor:
        """Return (R, V): the logits after each segment that samples, decoding ones first."""
        segments = [*decodes, *prefills]
        tokens = [token for segment in segments for token in segment.tokens]
        positions = [segment.start + place for segment in segments for place in range(len(segment.tokens))]
        sampled, end = [], 0
        for segment in segments:
            end += len(segment.tokens)
            if segment.samples:
                sampled.append(end - 1)
        output = self._model(
            input_ids=self._tensor(tokens)[None],  # (1, T)
            position_ids=self._tensor(positions)[None],  # (1, T)
            slot_batch=pack(self.cache, decodes, prefills, device=self._device),
            logits_to_keep=self._tensor(sampled),
            use_cache=False,
        )
        logits: Tensor = output.logits[0]  # (R, V)
        return logits

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self._device)

    def _require_parity(self) -> None:
        """Compare a prompt computed in two chunks and a decode with the model's own computation of the same."""
        vocabulary_size: int = self._model.config.get_text_config().vocab_size
        tokens = [(7919 * place) % vocabulary_size for place in range(1, _PARITY_TOKENS + 1)]
        expected = self._model(input_ids=self._tensor(tokens)[None], use_cache=False).logits[0, -1]  # (V,)
        self._model.set_attn_implementation(ATTENTION_NAME)
        try:
            computed = self._in_three_steps(tokens)
        except (NotImplementedError, TypeError, RuntimeError, AttributeError) as failure:
            raise ModelUnusable(f"this model's attention cannot run over slots ({failure}); {_ELSEWHERE}") from failure
        scale = expected.float().std()
        tolerance = 0.01 if expected.dtype == torch.float32 else 0.25
        if not (computed.float() - expected.float()).abs().max() <= tolerance * scale:
            raise ModelUnusable(f"this model computes something else over slots than on its own; {_ELSEWHERE}")
        self.cache.discard(0)

    def _in_three_steps(self, tokens: list[int]) -> Tensor:
        job = Job("parity", tokens, max_tokens=len(tokens), slot=0)
        half, last = len(tokens) // 2, len(tokens) - 1
        self.logits([], [Segment(job, 0, 0, tuple(tokens[:half]), samples=False)])
        self.logits([], [Segment(job, 0, half, tuple(tokens[half:last]), samples=False)])
        return self.logits([Segment(job, 0, last, (tokens[last],), samples=True)], [])[0]
