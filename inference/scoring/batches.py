"""Rows of token ids as the rectangles that a model takes. Knows no model."""

from collections.abc import Iterator, Sequence
from typing import Literal, TypeVar

import torch
from torch import Tensor

_Row = TypeVar("_Row")

# On a GPU a model of 0.6 B parameters is busy with this many sentences; on a processor more would only wait longer.
MAX_BATCH_ROWS = 16


def batches(rows: Sequence[_Row]) -> Iterator[Sequence[_Row]]:
    """Yield the rows in order, at most 16 at once."""
    for start in range(0, len(rows), MAX_BATCH_ROWS):
        yield rows[start : start + MAX_BATCH_ROWS]


def padded(rows: Sequence[Sequence[int]], *, pad_id: int, side: Literal["left", "right"]) -> tuple[Tensor, Tensor]:
    """Return ids and mask, each (B, T); the mask is 0 where a row is padded."""
    num_tokens = max(map(len, rows))
    ids = torch.full((len(rows), num_tokens), pad_id, dtype=torch.long)
    mask = torch.zeros_like(ids)
    for number, row in enumerate(rows):
        place = slice(num_tokens - len(row), None) if side == "left" else slice(len(row))
        ids[number, place] = torch.tensor(row, dtype=torch.long)
        mask[number, place] = 1
    return ids, mask
