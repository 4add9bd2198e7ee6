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
    Keys and values, each a (S, H, L, D) tensor per layer: slots, key heads, positions, head size.

    On the CPU the room is address space, and memory is taken page by page as slots fill (`discard` gives it back); so
    every slot can be as long as the model's window, and the scheduler's token budget bounds what is resident.
    Entries never written read as zeros: attention multiplies masked entries by 0, which garbage (NaN) would survive.
    """

    def __init__(self, shape: CacheShape, *, num_slots: int, slot_length: int, device: torch.device) -> None:
        self.shape = shape
        self.num_slots = num_slots
        self.slot_length = slot_length
        self._extent = (shape.num_layers, 2, num_slots, shape.num_heads, slot_length, shape.head_size)
        self._mapping: mmap.mmap | None = None
        storage = (
            self._map_pages() if device.type == "cpu" else torch.zeros(self._extent, dtype=shape.dtype, device=device)
        )
        self.layers: list[tuple[Tensor, Tensor]] = [(layer[0], layer[1]) for layer in storage]  # 2 x (S, H, L, D)
        self._flat = [
            (keys.view(-1, shape.head_size), values.view(-1, shape.head_size)) for keys, values in self.layers
        ]
        self._high_water = [0] * num_slots  # positions of a slot that may be resident

    def write(self, layer: int, keys: Tensor, values: Tensor, index: Tensor) -> None:
        """
        Store one layer's entries of a batch of tokens.

        keys, values: (T, H, D). index: (T * H,), from `write_index`.
        """
        flat_keys, flat_values = self._flat[layer]  # (S * H * L, D)
        flat_keys.index_copy_(0, index, keys.reshape(-1, self.shape.head_size))
        flat_values.index_copy_(0, index, values.reshape(-1, self.shape.head_size))

    def write_index(self, slots: Tensor, positions: Tensor) -> Tensor:
        """Return (T * H,): where the entries of T tokens go, counted in rows of D. slots, positions: (T,)."""
        heads = torch.arange(self.shape.num_heads, device=slots.device)
        rows = slots[:, None] * self.shape.num_heads + heads  # (T, H)
        return (rows * self.slot_length + positions[:, None]).flatten()

    def note_length(self, slot: int, length: int) -> None:
        """Say that a slot is about to be written up to `length` positions."""
        self._high_water[slot] = max(self._high_water[slot], length)

    def copy_prefix(self, source: int, target: int, length: int) -> None:
        for keys, values in self.layers:
            keys[target, :, :length] = keys[source, :, :length]
            values[target, :, :length] = values[source, :, :length]
        self.note_length(target, length)

    def discard(self, slot: int, *, keep: int = 0) -> None:
        """Forget a slot's entries from position `keep` on: they read as zeros again, and their memory is free."""
        if self._high_water[slot] <= keep:
            return
        if self._mapping is None:
            for keys, values in self.layers:
                keys[slot, :, keep:].zero_()
                values[slot, :, keep:].zero_()
        else:
            self._discard_pages(self._mapping, slot, keep)
        self._high_water[slot] = keep

    def _map_pages(self) -> Tensor:
        size_bytes = prod(self._extent) * self.shape.dtype.itemsize
        flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS  # discarded pages of a shared mapping would keep their content
        if sys.platform == "linux":
            flags |= _MAP_NORESERVE
        self._mapping = mmap.mmap(-1, size_bytes, flags=flags)
        if sys.platform == "linux":
            # A huge page (2 MB) spans a head's whole row: one token would make it all resident.
            self._mapping.madvise(mmap.MADV_NOHUGEPAGE)
        return torch.frombuffer(self._mapping, dtype=self.shape.dtype).view(self._extent)

    def _discard_pages(self, mapping: mmap.mmap, slot: int, keep: int) -> None:
        """Zero up to the next page boundary by hand, and let the system take the whole pages after it."""
        entry_bytes = self.shape.head_size * self.shape.dtype.itemsize
        row_bytes = self.slot_length * entry_bytes
        num_rows = self.shape.num_heads
        for part in range(self.shape.num_layers * 2):
            for head in range(num_rows):
                row = ((part * self.num_slots + slot) * num_rows + head) * row_bytes
                self._zero_bytes(mapping, row + keep * entry_bytes, row + self._high_water[slot] * entry_bytes)

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
