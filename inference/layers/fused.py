"""
A model of Llama's family computed by `fused_kernels` instead of its own layers.

Owns the reading of such a model's weights and which kernel multiplies them. Anything it does not know for certain makes
`fuse` return None, and the model then runs as it is.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import embedding, linear

from inference.layers.attention import PackedBatch
from inference.layers.fused_kernels import packed_linear, rms_norm, run_layers, scripted
from inference.layers.packing import can_pack, pack_four_bits, pack_weight, require_linear

if TYPE_CHECKING:
    from transformers import PreTrainedModel

# Their decoder layers are the same computation; checked against the model's own logits at load all the same.
FUSED_FAMILY = ("LlamaForCausalLM", "MistralForCausalLM", "Qwen2ForCausalLM", "Qwen3ForCausalLM")
# Rotations that depend on the position alone, so that a table can hold them.
_STATIC_ROPES = {"default", "linear", "llama3", "yarn"}
_RECORDING_NAME = "inference_recording"
_USUAL = {"dropout", "is_causal", "position_ids", "cache_position", "use_cache", "output_attentions"}
_KNOWN_OPTIONS = {"scaling", "sliding_window"}
# Measured on two cores with AVX512-BF16: all layers of the default model over 1 row take 6 ms in four bits and 11 in
# bfloat16, over 4 rows 7 and 12, over 8 rows 13 and 12.
_MAX_FOUR_BIT_ROWS = 4


class FusedDecoder:
    """Tokens to logits over a PackedBatch."""

    def __init__(self, model: "PreTrainedModel", *, num_positions: int) -> None:
        """:raises TypeError, AttributeError: if a layer is not what the family has."""
        config: Any = model.config
        decoder: Any = model.model
        self._embedding: Tensor = decoder.embed_tokens.weight
        self._eps = float(config.rms_norm_eps)
        attention = decoder.layers[0].self_attn
        self._head_size = int(attention.head_dim)
        self._num_queries = int(config.num_attention_heads)
        self._num_heads = int(config.num_key_value_heads)
        options = attention_options(model)
        if any(option.keys() - _KNOWN_OPTIONS for option in options) or len(options) != len(decoder.layers):
            raise TypeError("its attention does more than the family's")
        windows = [option.get("sliding_window") for option in options]
        self._windows = list(dict.fromkeys(windows))
        self._window_of_layer = [self._windows.index(window) for window in windows]
        self._scaling = float(options[0].get("scaling") or self._head_size**-0.5)
        self._cos, self._sin = _rotation_table(decoder, num_positions)
        self._final_norm = decoder.norm.weight.repeat(2)
        self._is_packed = self._embedding.dtype == torch.bfloat16 and can_pack()
        self._dense = _read_layers(decoder.layers, lay=pack_weight if self._is_packed else _as_it_is)
        self._four_bits = _four_bit_layers(decoder.layers, self._dense) if self._is_packed else None
        self._model_head = head = require_linear(model.lm_head)
        self._head = pack_weight(head.weight) if self._is_packed else head.weight
        self._head_bias = head.bias
        self._decoder = decoder
        self._run_layers = scripted(run_layers)

    def logits(self, token_ids: Tensor, positions: Tensor, batch: PackedBatch, sampled: Tensor) -> Tensor:
        """token_ids, positions: (T,). sampled: (R,), places in the batch whose logits are wanted. Returns (R, V)."""
        x = embedding(token_ids, self._embedding)  # (T, D)
        masks = [
            batch.masks(window, num_groups=self._num_queries // self._num_heads, like=x) for window in self._windows
        ]
        # Torch's kernel for four bits reads a quarter as much and computes slower: it wins while few rows share a read.
        is_small = len(token_ids) <= _MAX_FOUR_BIT_ROWS
        weights = self._four_bits if self._four_bits is not None and is_small else self._dense
        x = self._run_layers(
            x,
            self._cos[positions],
            self._sin[positions],
            batch.index,
            weights,
            batch.cache.flat,
            [keys for keys, _ in batch.cache.layers],
            [values for _, values in batch.cache.layers],
            batch.run_plans,
            batch.run_places,
            [runs for runs, _ in masks],
            batch.chunk_plans,
            [chunks for _, chunks in masks],
            self._window_of_layer,
            self._num_queries,
            self._num_heads,
            self._eps,
            self._scaling,
            self._is_packed,
        )
        last = rms_norm(x[sampled], self._final_norm, self._eps)
        if self._is_packed:
            return packed_linear(last, self._head, self._head_bias)
        return linear(last, self._head, self._head_bias)

    def take_over(self) -> None:
        """Empty the model's own layers and output layer, whose weights are here now: nothing is kept twice."""
        self._decoder.layers.to("meta")
        self._model_head.to("meta")


def fuse(model: "PreTrainedModel", *, num_positions: int) -> FusedDecoder | None:
    """Return the model as fused layers, or None if it is not certain to compute the same."""
    if type(model).__name__ not in FUSED_FAMILY or model.device.type != "cpu":
        return None
    config: Any = model.config
    rope = getattr(config, "rope_parameters", None) or {}
    if config.hidden_act != "silu" or rope.get("rope_type", "default") not in _STATIC_ROPES:
        return None
    if getattr(config, "mlp_bias", False) or model.dtype not in (torch.bfloat16, torch.float32):
        return None
    try:
        return FusedDecoder(model, num_positions=num_positions)
    except (TypeError, AttributeError, RuntimeError):
        return None


def attention_options(model: "PreTrainedModel") -> list[dict[str, Any]]:
    """Return what each layer asks of its attention beside the usual (window, scaling, …), as it says itself."""
    from transformers import AttentionInterface

    asked: list[dict[str, Any]] = []

    def record(
        _module: torch.nn.Module, query: Tensor, _key: Tensor, _value: Tensor, _mask: Tensor | None, **options: Any
    ) -> tuple[Tensor, None]:
        asked.append({name: value for name, value in options.items() if value is not None and name not in _USUAL})
        return query.transpose(1, 2), None

    own = model.config._attn_implementation  # noqa: SLF001  # has no public reader
    AttentionInterface.register(_RECORDING_NAME, record)
    model.set_attn_implementation(_RECORDING_NAME)
    try:
        model(input_ids=torch.zeros(1, 1, dtype=torch.long, device=model.device), use_cache=False)
    finally:
        model.set_attn_implementation(own)
    return asked


def _rotation_table(decoder: Any, num_positions: int) -> tuple[Tensor, Tensor]:
    """Return cosines and sines of all positions, (P, 1, head size), the sines' first half negated, from the model."""
    positions = torch.arange(num_positions)[None]  # (1, P)
    cos, sin = decoder.rotary_emb(decoder.embed_tokens.weight[:1], positions)  # (1, P, head size)
    half = cos.shape[-1] // 2
    sin = torch.cat([-sin[0, :, :half], sin[0, :, half:]], dim=-1)
    return cos[0, :, None].contiguous(), sin[:, None].contiguous()


def _matrices(layer: Any) -> dict[str, Tensor]:
    """
    Return a layer's matrices by the names that `run_layers` uses; those with the same input are one.

    :raises TypeError: if one has a bias that `run_layers` does not add.
    """
    attention, mlp = layer.self_attn, layer.mlp
    linears = {
        "qkv": (attention.q_proj, attention.k_proj, attention.v_proj),
        "out": (attention.o_proj,),
        "gate_up": (mlp.gate_proj, mlp.up_proj),
        "down": (mlp.down_proj,),
    }
    for name, parts in linears.items():
        if name != "qkv" and any(require_linear(part).bias is not None for part in parts):
            raise TypeError(f"the {name} projection has a bias")
    return {
        name: torch.cat([require_linear(part).weight for part in parts]) if len(parts) > 1 else parts[0].weight
        for name, parts in linears.items()
    }


def _read_layers(layers: Sequence[Any], *, lay: Callable[[Tensor], Tensor]) -> dict[str, list[Tensor]]:
    """Return the weights by the names that `run_layers` uses, one for each layer; `lay` packs a matrix."""
    weights: defaultdict[str, list[Tensor]] = defaultdict(list)
    for layer in layers:
        attention = layer.self_attn
        weights["input_norm"].append(layer.input_layernorm.weight.repeat(2))
        weights["output_norm"].append(layer.post_attention_layernorm.weight.repeat(2))
        if hasattr(attention, "q_norm"):
            weights["query_norm"].append(attention.q_norm.weight)
            weights["key_norm"].append(attention.k_norm.weight)
        if attention.q_proj.bias is not None:
            biases = [attention.q_proj.bias, attention.k_proj.bias, attention.v_proj.bias]
            weights["qkv_bias"].append(torch.cat(biases))
        for name, matrix in _matrices(layer).items():
            weights[name].append(lay(matrix))
    return dict(weights)


def _four_bit_layers(layers: Sequence[Any], dense: dict[str, list[Tensor]]) -> dict[str, list[Tensor]] | None:
    """Return the same in four bits if every matrix was four-bit already, else None."""
    weights: defaultdict[str, list[Tensor]] = defaultdict(list)
    for layer in layers:
        for name, matrix in _matrices(layer).items():
            packed = pack_four_bits(matrix)
            if packed is None:
                return None
            weights[name].append(packed.weight)
            weights[f"{name}_scales"].append(packed.scales)
    return {**dense, **weights}


def _as_it_is(weight: Tensor) -> Tensor:
    return weight
