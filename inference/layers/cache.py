"""
The keys and values of every slot.

Owns the memory and who of it is touched. Knows positions, not tokens: what a slot's entries mean is the scheduler's.
"""

import mmap
import sys
from dataclasses import dataclass
from math import prod
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from transformers import PreTrainedConfig

# Positions of one block. Batched products on the CPU copy whatever is not dense: over 32 slots and 256 positions a
# strided view costs 27 ms a step, whole blocks nothing. Larger blocks waste more on short texts.
BLOCK_LENGTH = 256
_MAP_NORESERVE = 0x4000  # Linux; Python names it from 3.13 on. The room may exceed memory: it is never all used


@dataclass(frozen=True, slots=True)
class CacheShape:
    """What one token's entry looks like."""

    num_layers: int
    num_heads: int
    head_size: int
    dtype: torch.dtype

    @classmethod
    def of(cls, config: "PreTrainedConfig", *, dtype: torch.dtype) -> "CacheShape":
        text = config.get_text_config()
        head_size = getattr(text, "head_dim", None) or text.hidden_size // text.num_attention_heads
        num_heads = getattr(text, "num_key_value_heads", None) or text.num_attention_heads
        return cls(text.num_hidden_layers, num_heads, head_size, dtype)

    @property
    def bytes_per_token(self) -> int:
        return 2 * self.num_layers * self.num_heads * self.head_size * self.dtype.itemsize


class SlotCache:
    """
    Keys and values, each a (N, S * H, B, D) tensor per layer: blocks of positions, slots times key heads, positions of
    a block, head size. So the entries of neighbouring slots at one block are one dense tensor.

    On the CPU the room is address space, and memory is taken page by page as slots fill (`discard` gives it back); so
    every slot can be as long as the model's window, and the scheduler's token budget bounds what is resident.
    Entries never written read as zeros: attention multiplies masked entries by 0, which garbage (NaN) would survive.
    """

    def __init__(
        self,
        shape: CacheShape,
        *,
        num_slots: int,
        slot_length: int,
        device: torch.device,
        block_length: int = BLOCK_LENGTH,
    ) -> None:
        self.shape = shape
        self.num_slots = num_slots
        self.slot_length = slot_length
        self.block_length = block_length
        num_blocks = -(-slot_length // block_length)
        self._extent = (shape.num_layers, 2, num_blocks, num_slots, shape.num_heads, block_length, shape.head_size)
        self._mapping: mmap.mmap | None = None
        storage = (
            self._map_pages() if device.type == "cpu" else torch.zeros(self._extent, dtype=shape.dtype, device=device)
        )
        self._slots = storage  # (layers, 2, N, S, H, B, D)
        rows = storage.flatten(3, 4)  # (layers, 2, N, S * H, B, D)
        self.layers: list[tuple[Tensor, Tensor]] = [(layer[0], layer[1]) for layer in rows]
        self.flat: list[Tensor] = [layer.view(-1, shape.head_size) for layer in storage]  # (2 * N * S * H * B, D)
        self._high_water = [0] * num_slots  # positions of a slot that may be resident

    @property
    def num_positions(self) -> int:
        """Those of a slot, in whole blocks."""
        return self._extent[2] * self.block_length

    def write(self, layer: int, keys: Tensor, values: Tensor, index: Tensor) -> None:
        """
        Store one layer's entries of a batch of tokens.

        keys, values: (T, H, D). index: (T * 2H,), from `write_index`.
        """
        entries = torch.cat([keys, values], dim=1)  # (T, 2H, D)
        self.flat[layer].index_copy_(0, index, entries.view(-1, self.shape.head_size))

    def write_index(self, slots: Tensor, positions: Tensor) -> Tensor:
        """Return (T * 2H,): where T tokens' keys and then values go, in rows of D. slots, positions: (T,)."""
        num_heads, length = self.shape.num_heads, self.block_length
        heads = torch.arange(num_heads, device=slots.device)
        blocks = positions.div(length, rounding_mode="floor")
        rows = ((blocks * self.num_slots + slots) * num_heads)[:, None] + heads  # (T, H)
        keys = rows * length + (positions % length)[:, None]
        return torch.cat([keys, keys + self.flat[0].shape[0] // 2], dim=1).flatten()

    def note_length(self, slot: int, length: int) -> None:
        """Say that a slot is about to be written up to `length` positions."""
        self._high_water[slot] = max(self._high_water[slot], length)

    def copy_prefix(self, source: int, target: int, length: int) -> None:
        whole, rest = divmod(length, self.block_length)
        self._slots[:, :, :whole, target] = self._slots[:, :, :whole, source]
        if rest:
            self._slots[:, :, whole, target, :, :rest] = self._slots[:, :, whole, source, :, :rest]
        self.note_length(target, length)

    def discard(self, slot: int, *, keep: int = 0) -> None:
        """Forget a slot's entries from position `keep` on: they read as zeros again, and their memory is free."""
        end = self._high_water[slot]
        if end <= keep:
            return
        first, last = keep // self.block_length, -(-end // self.block_length)
        if keep % self.block_length:
            self._slots[:, :, first, slot, :, keep % self.block_length :].zero_()
            first += 1
        if self._mapping is None:
            self._slots[:, :, first:last, slot].zero_()
        else:
            self._discard_pages(self._mapping, slot, range(first, last))
        self._high_water[slot] = keep

    def _map_pages(self) -> Tensor:
        size_bytes = prod(self._extent) * self.shape.dtype.itemsize
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # discarded pages of a shared mapping would keep their content
        if sys.platform == "linux":
            flags |= _MAP_NORESERVE
        self._mapping = mmap.mmap(-1, size_bytes, flags=flags)
        if sys.platform == "linux":
            # A huge page (2 MB) spans many slots' blocks: one token would make them all resident.
            self._mapping.madvise(mmap.MADV_NOHUGEPAGE)
        return torch.frombuffer(self._mapping, dtype=self.shape.dtype).view(self._extent)

    def _discard_pages(self, mapping: mmap.mmap, slot: int, blocks: range) -> None:
        """Zero up to the next page boundary by hand, and let the system take the whole pages after it."""
        block_bytes = prod(self._extent[4:]) * self.shape.dtype.itemsize
        num_blocks = self._extent[2]
        for part in range(self.shape.num_layers * 2):
            for block in blocks:
                start = ((part * num_blocks + block) * self.num_slots + slot) * block_bytes
                self._zero_bytes(mapping, start, start + block_bytes)

    @staticmethod
    def _zero_bytes(mapping: mmap.mmap, start: int, end: int) -> None:
        first_page = -(-start // mmap.PAGESIZE) * mmap.PAGESIZE
        last_page = end // mmap.PAGESIZE * mmap.PAGESIZE
        if first_page >= last_page or sys.platform != "linux":
            mapping[start:end] = bytes(end - start)  # elsewhere the system may keep a discarded page's content
            return
        mapping[start:first_page] = bytes(first_page - start)
        mapping.madvise(mmap.MADV_DONTNEED, first_page, last_page - first_page)
        mapping[last_page:end] = bytes(end - last_page)
