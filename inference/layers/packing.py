"""
Weights laid out for the processor's matrix kernels.

Owns the packed form for bfloat16 (oneDNN's own layout: a layer's products over one row take half the time of the plain
form) and the four-bit form, used only for weights that were four-bit already. Knows tensors, no model.
"""

from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from inference.layers.fused_kernels import packed_linear

GROUP_SIZE = 32  # weights that share a scale and a zero; that of GGUF's Q4_0 and Q4_1
_LEVELS = 15
# bfloat16 rounds by at most 2^-8 of a value, and so are the ends that the steps are found from; what differs by more
# from sixteen equal steps was not four-bit.
_MAX_ROUNDING = 2.0**-7


@dataclass(frozen=True, slots=True)
class FourBitWeight:
    """weight: torch's packed form of a (O, I) matrix. scales: (I / 32, O, 2), scale and zero."""

    weight: Tensor
    scales: Tensor


def can_pack() -> bool:
    """Whether this processor and this torch have the packed kernels for bfloat16."""
    return bool(torch._C._has_mkldnn and torch.backends.cpu.get_cpu_capability() in {"AVX512", "AVX2"})  # noqa: SLF001


def pack_weight(weight: Tensor) -> Tensor:
    """weight: (O, I), bfloat16. Returns what `packed_linear` multiplies with; opaque to everything else."""
    packed: Tensor = torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), 32)  # noqa: SLF001  # no public name
    return packed


def pack_four_bits(weight: Tensor) -> FourBitWeight | None:
    """
    Return the four-bit form of a (O, I) matrix if it loses nothing that bfloat16 has not lost, else None.

    A matrix that came from Q4_1 has sixteen equally spaced values in each group of 32, of which the least and the
    greatest occur; so the steps can be found again.
    """
    num_rows, num_columns = weight.shape
    if num_columns % GROUP_SIZE or num_rows % 16:
        return None
    groups = weight.float().view(num_rows, num_columns // GROUP_SIZE, GROUP_SIZE)
    least, greatest = groups.amin(-1, keepdim=True), groups.amax(-1, keepdim=True)
    scale = ((greatest - least) / _LEVELS).clamp_min_(torch.finfo(torch.float32).tiny)
    levels = ((groups - least) / scale).round_()  # (O, I / 32, 32)
    largest = torch.maximum(least.abs(), greatest.abs())
    if bool(((levels * scale + least - groups).abs_() > _MAX_ROUNDING * largest).any()):
        return None
    zero = least + (_LEVELS + 1) // 2 * scale
    packed = torch._convert_weight_to_int4pack_for_cpu(  # noqa: SLF001  # torch's kernel has no other name
        levels.view(num_rows, num_columns).to(torch.int32), 1
    )
    scales = torch.cat([scale, zero], -1).transpose(0, 1).to(weight.dtype).contiguous()
    return FourBitWeight(packed, scales)


class PackedLinear(nn.Module):
    """A linear layer over packed weights, in place of `nn.Linear` in a model that is otherwise left as it is."""

    def __init__(self, linear: nn.Linear) -> None:
        super().__init__()
        self.in_features, self.out_features = linear.in_features, linear.out_features
        self.packed = pack_weight(linear.weight)
        self.bias = linear.bias

    def forward(self, x: Tensor) -> Tensor:
        """x: (…, I). Returns (…, O)."""
        flat = packed_linear(x.reshape(-1, self.in_features), self.packed, self.bias)
        return flat.view(*x.shape[:-1], self.out_features)


def pack_linears(model: nn.Module) -> None:
    """Put a PackedLinear in the place of every linear layer in bfloat16; exact subclasses of theirs are left alone."""
    for parent in list(model.modules()):
        for name, child in list(parent.named_children()):
            if type(child) is nn.Linear and child.weight.dtype == torch.bfloat16:
                setattr(parent, name, PackedLinear(child))


def require_linear(layer: Any) -> nn.Linear:
    """:raises TypeError: if a layer is no plain linear one, so that its weights alone do not say what it computes."""
    if type(layer) is not nn.Linear:
        raise TypeError(f"{type(layer).__name__} is no plain linear layer")
    return layer
