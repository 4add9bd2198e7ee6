"""Packed weights against plain products, and the four-bit form against what it stands for."""

import pytest
import torch
from torch.nn.functional import linear

from inference.layers.packing import PackedLinear, can_pack, pack_four_bits, pack_linears

pytestmark = pytest.mark.filterwarnings("error")


def _four_bit_matrix(num_rows: int, num_columns: int, *, seed: int = 0) -> torch.Tensor:
    """What a Q4_1 file gives: sixteen equal steps in each group of 32, then rounded to bfloat16."""
    chance = torch.Generator().manual_seed(seed)
    levels = torch.randint(0, 16, (num_rows, num_columns // 32, 32), generator=chance)
    levels[..., 0], levels[..., 1] = 0, 15  # the least and the greatest occur
    least = -torch.rand(num_rows, num_columns // 32, 1, generator=chance)
    return (levels * 0.1 + least).view(num_rows, num_columns).to(torch.bfloat16)


class TestFourBits:
    @pytest.mark.parametrize("num_rows", [1, 3, 4])
    def test_multiply_as_the_matrix_they_were_found_in(self, num_rows):
        matrix = _four_bit_matrix(64, 96)
        x = torch.randn(num_rows, 96).to(torch.bfloat16)

        packed = pack_four_bits(matrix)

        assert packed is not None
        product = torch._weight_int4pack_mm_for_cpu(x, packed.weight, 32, packed.scales).float()
        expected = linear(x.float(), matrix.float())
        assert (product - expected).abs().max() <= 0.02 * expected.abs().max()

    def test_are_not_found_in_weights_that_have_more(self):
        assert pack_four_bits(torch.randn(64, 96).to(torch.bfloat16)) is None

    def test_are_not_found_when_a_single_weight_is_off(self):
        matrix = _four_bit_matrix(64, 96)
        matrix[7, 40] += 0.05

        assert pack_four_bits(matrix) is None

    def test_are_not_tried_on_shapes_that_the_kernel_lacks(self):
        assert pack_four_bits(torch.zeros(64, 40, dtype=torch.bfloat16)) is None
        assert pack_four_bits(torch.zeros(10, 64, dtype=torch.bfloat16)) is None

    def test_take_a_group_of_equal_weights(self):
        packed = pack_four_bits(torch.full((16, 32), 0.5, dtype=torch.bfloat16))

        assert packed is not None
        product = torch._weight_int4pack_mm_for_cpu(
            torch.ones(1, 32, dtype=torch.bfloat16), packed.weight, 32, packed.scales
        )
        assert torch.allclose(product.float(), torch.full((1, 16), 16.0))


class TestPackedLinear:
    def test_multiplies_as_the_layer_it_replaces(self):
        assert can_pack() or torch.backends.cpu.get_cpu_capability() not in {"AVX2", "AVX512"}
        layer = torch.nn.Linear(96, 64).to(torch.bfloat16)
        x = torch.randn(2, 5, 96).to(torch.bfloat16)

        with torch.inference_mode():
            difference = PackedLinear(layer)(x).float() - layer(x).float()

        assert difference.abs().max() < 0.05

    def test_replaces_linear_layers_in_bfloat16_and_nothing_else(self):
        class Own(torch.nn.Linear):
            """Computes something else than its weights say."""

        model = torch.nn.Sequential(
            torch.nn.Linear(32, 32).to(torch.bfloat16), Own(32, 32).to(torch.bfloat16), torch.nn.Linear(32, 32)
        )

        with torch.inference_mode():
            pack_linears(model)

        assert [type(layer).__name__ for layer in model] == ["PackedLinear", "Own", "Linear"]
