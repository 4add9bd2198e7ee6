"""
Runs one step's plan through the model.

Owns model, cache and device; the only place where a plan's integers become tensors. Knows no request.
"""

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from inference.errors import ModelUnusable
from inference.layers.alibi import BatchInTurn, attend_over_slots
from inference.layers.attention import ATTENTION_NAME, PackedBatch, pack, slot_attention
from inference.layers.cache import CacheShape, SlotCache
from inference.layers.fused import fuse
from inference.layers.packing import can_pack, pack_linears
from inference.layers.sampling import choose
from inference.layers.segment import Segment
from inference.slots.scheduler import StepPlan
from inference.tokens.choice import Choice, SamplingRow
from inference.tokens.job import Job

if TYPE_CHECKING:
    from transformers import PreTrainedModel

logger = logging.getLogger(__name__)

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
        self._alibi: BatchInTurn | None = None
        with torch.inference_mode():
            expected = self._own_logits()
            self._fused = fuse(model, num_positions=slot_length)
            if self._fused is not None and self._fused_agrees_with(expected):
                self._fused.take_over()
            else:
                self._fused = None
                self._prepare_model()
                self._require_parity(expected)
            self.cache.discard(0)

    def run(self, plan: StepPlan, rows: Sequence[SamplingRow]) -> list[Choice | None]:
        """
        Compute a plan and choose the next token of each segment that samples, and of each guess, in the plan's order.

        rows: one for each of those choices. A None among the returned stands for a row whose logits are broken.
        """
        with torch.inference_mode():
            self.set_up(plan)
            logits = self.logits(plan.decodes, plan.prefills)
            return choose(logits, rows) if rows else []

    def set_up(self, plan: StepPlan) -> None:
        for admission in plan.admissions:
            if admission.source != admission.slot:
                self.cache.discard(admission.slot)
                self.cache.copy_prefix(admission.source, admission.slot, admission.num_cached)
            self.cache.discard(admission.slot, keep=admission.num_cached)
        # After the copies: what a later admission pushed out may be what an earlier one begins with.
        for slot in set(plan.evicted) - {admission.slot for admission in plan.admissions}:
            self.cache.discard(slot)

    def logits(self, decodes: Sequence[Segment], prefills: Sequence[Segment]) -> Tensor:
        """Return (R, V): the logits after each segment that samples and after each guess, decoding ones first."""
        segments = [*decodes, *prefills]
        tokens = [token for segment in segments for token in segment.tokens]
        positions = [segment.start + place for segment in segments for place in range(len(segment.tokens))]
        sampled: list[int] = []
        end = 0
        for segment in segments:
            end += len(segment.tokens)
            sampled += range(end - segment.num_sampled, end)
        token_ids, position_ids = self._tensor(tokens), self._tensor(positions)
        batch = pack(self.cache, decodes, prefills, device=self._device)
        if self._fused is not None:
            return self._fused.logits(token_ids, position_ids, batch, self._tensor(sampled))
        return self._model_logits(token_ids, position_ids, batch, self._tensor(sampled))

    def _model_logits(self, token_ids: Tensor, position_ids: Tensor, batch: PackedBatch, sampled: Tensor) -> Tensor:
        if self._alibi is not None:
            self._alibi.batch = batch
        output = self._model(
            input_ids=token_ids[None],  # (1, T)
            position_ids=position_ids[None],  # (1, T)
            slot_batch=batch,
            logits_to_keep=sampled,
            use_cache=False,
        )
        logits: Tensor = output.logits[0]  # (R, V)
        return logits

    def _tensor(self, values: Sequence[int]) -> Tensor:
        return torch.tensor(values, dtype=torch.long, device=self._device)

    def _prepare_model(self) -> None:
        """Let the model's own layers run over slots, with packed weights where the processor has kernels for them."""
        self._alibi = attend_over_slots(self._model, num_positions=self.cache.num_positions)
        if self._alibi is None:
            self._model.set_attn_implementation(ATTENTION_NAME)
        if self._device.type == "cpu" and can_pack():
            pack_linears(self._model)

    def _parity_tokens(self) -> list[int]:
        vocabulary_size: int = self._model.config.get_text_config().vocab_size
        return [(7919 * place) % vocabulary_size for place in range(1, _PARITY_TOKENS + 1)]

    def _own_logits(self) -> Tensor:
        """Return (V,): what the model itself computes after the last of the parity tokens."""
        logits: Tensor = self._model(input_ids=self._tensor(self._parity_tokens())[None], use_cache=False).logits[0, -1]
        return logits

    def _require_parity(self, expected: Tensor) -> None:
        try:
            agrees = self._agrees_with(expected)
        except (NotImplementedError, TypeError, RuntimeError, AttributeError) as failure:
            raise ModelUnusable(f"this model's attention cannot run over slots ({failure}); {_ELSEWHERE}") from failure
        if not agrees:
            raise ModelUnusable(f"this model computes something else over slots than on its own; {_ELSEWHERE}")

    def _fused_agrees_with(self, expected: Tensor) -> bool:
        try:
            return self._agrees_with(expected)
        except RuntimeError as failure:  # a kernel that this processor or this torch lacks
            logger.warning("the fused layers cannot run here: %s", failure)
            return False

    def _agrees_with(self, expected: Tensor) -> bool:
        """Compare a prompt computed in two chunks and a decode with the model's own computation of the same."""
        difference = self._in_three_steps(self._parity_tokens()).float() - expected.float()
        # Root mean square: in bfloat16 the default model is 0.12 from itself in float32; a wrong mask, 1.
        tolerance = 0.003 if expected.dtype == torch.float32 else 0.4
        return bool(difference.square().mean().sqrt() <= tolerance * expected.float().std())

    def _in_three_steps(self, tokens: list[int]) -> Tensor:
        job = Job("parity", tokens, max_tokens=len(tokens), slot=0)
        half, last = len(tokens) // 2, len(tokens) - 1
        self.logits([], [Segment(job, 0, 0, tuple(tokens[:half]), samples=False)])
        self.logits([], [Segment(job, 0, half, tuple(tokens[half:last]), samples=False)])
        return self.logits([Segment(job, 0, last, (tokens[last],), samples=True)], [])[0]
