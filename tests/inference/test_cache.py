import pytest
import torch

from inference.cache import CacheShape, SlotCache

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


class TestSlotCache:
    def test_stores_each_entry_at_its_slot_head_and_position(self, cache):
        entry = torch.arange(2 * 3 * 8, dtype=torch.float32).view(2, 3, 8)

        cache.write(1, entry, -entry, cache.write_index(torch.tensor([2, 0]), torch.tensor([5, 9])))

        keys, values = cache.layers[1]
        assert torch.equal(keys[2, :, 5], entry[0])
        assert torch.equal(values[0, :, 9], -entry[1])
        assert keys.count_nonzero() == 2 * 3 * 8 - 1
        assert cache.layers[0][0].count_nonzero() == 0

    @pytest.mark.parametrize("keep", [0, 1, 130, 500, 899])
    def test_discards_a_slots_entries_and_no_others(self, cache, keep):
        for slot in range(3):
            _fill(cache, slot, 900, 1.0)

        cache.discard(1, keep=keep)

        for keys, values in cache.layers:
            for part in (keys, values):
                assert part[1, :, :keep].all()
                assert not part[1, :, keep:].any()
                assert part[[0, 2], :, :900].all()

    def test_copies_a_prefix(self, cache):
        _fill(cache, 0, 50, 1.0)

        cache.copy_prefix(0, 2, 20)

        keys, values = cache.layers[1]
        assert torch.equal(values[2, :, :20], values[0, :, :20])
        assert not keys[2, :, 20:].any()
