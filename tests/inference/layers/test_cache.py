import pytest
import torch

from inference.layers.cache import CacheShape, SlotCache

SHAPE = CacheShape(num_layers=2, num_heads=3, head_size=8, dtype=torch.float32)
LENGTH = 1_000  # several memory pages per head


@pytest.fixture
def cache() -> SlotCache:
    return SlotCache(SHAPE, num_slots=3, slot_length=LENGTH, device=torch.device("cpu"))


def _fill(cache: SlotCache, slot: int, length: int, value: float) -> None:
    index = cache.write_index(torch.full((length,), slot), torch.arange(length))
    entries = torch.full((length, SHAPE.num_heads, SHAPE.head_size), value)
    cache.note_length(slot, length)
    for layer in range(SHAPE.num_layers):
        cache.write(layer, entries, 2 * entries, index)


def _entries(cache: SlotCache, layer: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Keys and values, each (slots, heads, positions, head size)."""
    keys, values = (
        part.unflatten(1, (cache.num_slots, SHAPE.num_heads)).permute(1, 2, 0, 3, 4).flatten(2, 3)
        for part in cache.layers[layer]
    )
    return keys, values


class TestSlotCache:
    def test_stores_each_entry_at_its_slot_head_and_position(self, cache):
        entry = torch.arange(2 * 3 * 8, dtype=torch.float32).view(2, 3, 8)

        cache.write(1, entry, -entry, cache.write_index(torch.tensor([2, 0]), torch.tensor([5, 9])))

        keys, values = _entries(cache, 1)
        assert torch.equal(keys[2, :, 5], entry[0])
        assert torch.equal(values[0, :, 9], -entry[1])
        assert keys.count_nonzero() == 2 * 3 * 8 - 1
        assert _entries(cache, 0)[0].count_nonzero() == 0

    @pytest.mark.parametrize("keep", [0, 1, 130, 500, 899])
    def test_discards_a_slots_entries_and_no_others(self, cache, keep):
        for slot in range(3):
            _fill(cache, slot, 900, 1.0)

        cache.discard(1, keep=keep)

        for layer in range(SHAPE.num_layers):
            for part in _entries(cache, layer):
                assert part[1, :, :keep].all()
                assert not part[1, :, keep:].any()
                assert part[[0, 2], :, :900].all()

    @pytest.mark.parametrize("length", [20, 256, 300])
    def test_copies_a_prefix(self, cache, length):
        _fill(cache, 0, 400, 1.0)

        cache.copy_prefix(0, 2, length)

        keys, values = _entries(cache, 1)
        assert torch.equal(values[2, :, :length], values[0, :, :length])
        assert not keys[2, :, length:].any()
