"""
One decoder layer after another with as few operators as torch allows: the arithmetic alone.

Written in the subset of Python that TorchScript compiles: between two operators of a single stream's step, Python took
as long as the operators. Serves the family of Llama: RMS norm before each half, rotary positions, grouped heads, gated
SiLU. Knows no model class; `fused` lays the weights out.
"""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.nn.functional import linear, silu

from inference.layers.attention_kernels import attend

# TorchScript cannot write the type of the operator's fifth argument, a list of optional numbers; its own notation can.
_LINEAR_GRAPH = """graph(%x : Tensor, %weight : Tensor, %bias : Tensor?):
  %attribute : str = prim::Constant[value="none"]()
  %algorithm : str = prim::Constant[value=""]()
  %scalars : Scalar?[] = prim::ListConstruct()
  %y : Tensor = mkldnn::_linear_pointwise(%x, %weight, %bias, %attribute, %scalars, %algorithm)
  return (%y)"""


def _make_packed_linear() -> Callable[[Tensor, Tensor, Tensor | None], Tensor]:
    try:
        graph = torch._C.parse_ir(_LINEAR_GRAPH)  # noqa: SLF001  # no public way
    except RuntimeError:  # a torch without oneDNN: `packing.can_pack` says no, and nothing is ever packed
        return linear
    made: Callable[[Tensor, Tensor, Tensor | None], Tensor] = torch._C._create_function_from_graph(  # noqa: SLF001
        "packed_linear", graph
    )
    return made


packed_linear = _make_packed_linear()


def rms_norm(x: Tensor, doubled_weight: Tensor, eps: float) -> Tensor:
    """
    Root mean square norm, arXiv:1910.07467. x: (T, D); doubled_weight: (2D,), the weight twice. Returns (T, D).

    For one row the layer norm of x beside -x, whose mean is zero: half the time of torch's rms_norm on the CPU.
    """
    size = x.size(-1)
    if x.size(0) > 1:
        return torch.rms_norm(x, [size], doubled_weight[:size], eps)
    mirrored = torch.cat([x, -x], -1)
    return torch.layer_norm(mirrored, [2 * size], doubled_weight, None, eps)[:, :size]


def head_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
    """Norm of each head (Qwen 3). x: (T, A, D); weight: (D,)."""
    return torch.rms_norm(x, [x.size(-1)], weight, eps)


def project(x: Tensor, weight: Tensor, scales: Tensor | None, bias: Tensor | None, is_packed: bool) -> Tensor:  # noqa: FBT001
    """x: (T, I). scales: of a four-bit weight, else None; is_packed: else, whether it is packed. Returns (T, O)."""
    if scales is not None:
        projected = torch._weight_int4pack_mm_for_cpu(x, weight, 32, scales)  # noqa: SLF001  # has no other name
        return projected if bias is None else projected.add_(bias)
    if is_packed:
        return packed_linear(x, weight, bias)
    return linear(x, weight, bias)


def project_onto(x: Tensor, residual: Tensor, weight: Tensor, scales: Tensor | None, is_packed: bool) -> Tensor:  # noqa: FBT001
    """As `project`, added to the residual stream, (T, O)."""
    if scales is None and is_packed:
        summed: Tensor = torch.ops.mkldnn._linear_pointwise(x, residual, weight, None, "add")  # noqa: SLF001
        return summed
    return residual + project(x, weight, scales, None, is_packed)


def run_layers(
    x: Tensor,
    cos: Tensor,
    sin: Tensor,
    index: Tensor,
    weights: dict[str, list[Tensor]],
    flat: list[Tensor],
    keys: list[Tensor],
    values: list[Tensor],
    run_plans: list[list[int]],
    run_places: list[Tensor],
    run_masks: list[list[Tensor]],
    chunk_plans: list[list[int]],
    chunk_masks: list[list[Tensor]],
    mask_of_layer: list[int],
    num_queries: int,
    num_heads: int,
    eps: float,
    scaling: float,
    is_packed: bool,  # noqa: FBT001
) -> Tensor:
    """
    Return the last layer's output, (T, D), and store the tokens' keys and values.

    x: (T, D) embeddings. cos, sin: (T, 1, head size), sin with its first half negated. index: as SlotCache.write_index
    gives it. weights: by name, one for each layer; `<name>_scales` where they are in four bits. masks: by window,
    chosen for each layer by mask_of_layer. num_queries, num_heads: attention heads and key heads.
    """
    num_rotated, num_tokens, head_size = num_queries + num_heads, x.size(0), cos.size(2)
    has_head_norm, has_bias = "query_norm" in weights, "qkv_bias" in weights
    is_four_bit = "qkv_scales" in weights
    qkv_bias: Tensor | None = None
    qkv_scales: Tensor | None = None
    out_scales: Tensor | None = None
    gate_up_scales: Tensor | None = None
    down_scales: Tensor | None = None
    for layer in range(len(weights["input_norm"])):
        if has_bias:
            qkv_bias = weights["qkv_bias"][layer]
        if is_four_bit:
            qkv_scales, out_scales = weights["qkv_scales"][layer], weights["out_scales"][layer]
            gate_up_scales, down_scales = weights["gate_up_scales"][layer], weights["down_scales"][layer]
        hidden = rms_norm(x, weights["input_norm"][layer], eps)
        heads = project(hidden, weights["qkv"][layer], qkv_scales, qkv_bias, is_packed).view(num_tokens, -1, head_size)
        turning = heads[:, :num_rotated]
        if has_head_norm:
            queries = head_norm(heads[:, :num_queries], weights["query_norm"][layer], eps)
            own_keys = head_norm(heads[:, num_queries:num_rotated], weights["key_norm"][layer], eps)
            turning = torch.cat([queries, own_keys], 1)
        turned = torch.addcmul(turning * cos, torch.roll(turning, [head_size // 2], [-1]), sin)
        entries = torch.cat([turned[:, num_queries:], heads[:, num_rotated:]], 1).view(-1, head_size)
        flat[layer].index_copy_(0, index, entries)
        masks = mask_of_layer[layer]
        attended = attend(
            turned[:, :num_queries],
            keys[layer],
            values[layer],
            run_plans,
            run_places,
            run_masks[masks],
            chunk_plans,
            chunk_masks[masks],
            num_heads,
            scaling,
            0.0,
            None,
            None,
        ).view(num_tokens, -1)
        x = project_onto(attended, x, weights["out"][layer], out_scales, is_packed)
        hidden = rms_norm(x, weights["output_norm"][layer], eps)
        gates = project(hidden, weights["gate_up"][layer], gate_up_scales, None, is_packed)
        size = gates.size(1) // 2
        gated = silu(gates[:, :size]).mul_(gates[:, size:])
        x = project_onto(gated, x, weights["down"][layer], down_scales, is_packed)
    return x


def scripted(function: Callable[..., Any]) -> Callable[..., Any]:
    """
    Compile a function with TorchScript where this Python can (up to 3.13); elsewhere it runs as it is, only slower.

    The compiler is deprecated and stays in the torch that is pinned; `torch.compile` needs a C++ compiler and minutes.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compiled: Callable[..., Any] = torch.jit.script(function)
    except RuntimeError:  # NotImplementedError, from Python 3.14 on, is one
        return function
    return compiled
