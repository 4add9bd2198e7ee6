"""
Runs BLOOM's and Falcon's attention layers over slots, with their linear bias on distance (ALiBi, arXiv:2108.12409).

These layers compute their attention themselves and never ask transformers' attention interface, so each is replaced by
one that takes projections and weights from it and attends over the batch. Owns which layers are known and how each
splits queries, keys and values; `ForwardPass` tells at load whether the model computes the same.
"""

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor, nn

from inference.layers.attention import PackedBatch, slot_attention

if TYPE_CHECKING:
    from transformers import PreTrainedModel


class BatchInTurn:
    """The batch that a model's layers attend over, since such a model hands them no arguments of ours."""

    def __init__(self) -> None:
        self.batch: PackedBatch | None = None


class AlibiAttention(nn.Module):
    """
    In the place of one layer's attention. Called by the model as the layer was, for what it returns.

    split: hidden states (1, T, D) to queries, keys and values, each (1, A, T, head size). bias: (A, L), what is added
    to the scaled scores of a key at each position; a softmax takes no notice of what a whole row has in common, so it
    is not the distance that counts but the key's position.
    """

    def __init__(
        self, own: nn.Module, turn: BatchInTurn, *, split: Callable[[Tensor], tuple[Tensor, ...]], bias: Tensor
    ) -> None:
        super().__init__()
        self.own = own
        self.layer_idx: int = own.layer_idx  # type: ignore[assignment]  # torch types attributes Tensor | Module
        self._turn = turn
        self._split = split
        self._bias = bias

    def forward(
        self, hidden_states: Tensor, residual: Tensor | None = None, **_: Any
    ) -> tuple[Tensor, None]:  # BLOOM's layers add what they began with; Falcon's decoder does so itself
        if self._turn.batch is None:
            raise RuntimeError("a layer over slots was called without a batch")
        query, key, value = self._split(hidden_states)
        attended, _weights = slot_attention(
            self, query, key, value, None, slot_batch=self._turn.batch, key_bias=self._bias
        )
        outcome: Tensor = self.own.dense(attended.flatten(2))  # type: ignore[operator]
        return (outcome if residual is None else residual + outcome), None


def attend_over_slots(model: "PreTrainedModel", *, num_positions: int) -> BatchInTurn | None:
    """
    Replace the attention layers of a model with ALiBi; None, and nothing is changed, where it is none that is known.

    num_positions: the longest that a slot becomes, in whole cache blocks.
    """
    bias_of = {"BloomForCausalLM": _bloom_bias, "FalconForCausalLM": _falcon_bias}.get(type(model).__name__)
    if bias_of is None or not getattr(model.config, "alibi", True):
        return None
    turn, bias = BatchInTurn(), bias_of(model, torch.ones(1, num_positions, dtype=torch.long, device=model.device))
    for block in model.transformer.h:  # type: ignore[union-attr]
        own = block.self_attention
        split = _bloom_split(own) if type(model).__name__ == "BloomForCausalLM" else _falcon_split(own)
        block.self_attention = AlibiAttention(own, turn, split=split, bias=bias)
    return turn


def _bloom_bias(model: Any, mask: Tensor) -> Tensor:
    """Rounded as the model rounds it, in its own number format: far positions lie up to a whole step apart there."""
    bias: Tensor = model.transformer.build_alibi_tensor(mask, model.config.n_head, model.dtype)
    return bias[:, 0]


def _falcon_bias(model: Any, mask: Tensor) -> Tensor:
    """As `_bloom_bias`; Falcon scales it like the scores, and rounds it to bfloat16 in every number format."""
    from transformers.models.falcon.modeling_falcon import build_alibi_tensor

    config = model.config
    bias: Tensor = build_alibi_tensor(mask, config.num_attention_heads, model.dtype)
    return bias[:, 0] / math.sqrt(config.hidden_size // config.num_attention_heads)


def _bloom_split(own: Any) -> Callable[[Tensor], tuple[Tensor, ...]]:
    def split(hidden_states: Tensor) -> tuple[Tensor, ...]:
        return tuple(own._reshape(own.query_key_value(hidden_states)))  # noqa: SLF001  # has no public name

    return split


def _falcon_split(own: Any) -> Callable[[Tensor], tuple[Tensor, ...]]:
    def split(hidden_states: Tensor) -> tuple[Tensor, ...]:
        parts = own._split_heads(own.query_key_value(hidden_states))  # noqa: SLF001  # has no public name
        # One key head for all queries is repeated: the cache holds as many heads as the configuration counts.
        return tuple(part.transpose(1, 2).expand(-1, own.num_heads, -1, -1) for part in parts)

    return split
