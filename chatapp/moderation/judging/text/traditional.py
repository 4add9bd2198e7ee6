"""
Traditional to simplified Chinese, one character at a time. Owns the table (traditional.txt) and nothing else.

Source: TSCharacters.txt of OpenCC (https://github.com/BYVoid/OpenCC, Apache License 2.0), as shipped in the PyPI
package opencc-python-reimplemented 0.1.7 (Apache License 2.0). Changed: only single characters that differ, the first
candidate where there are several, chains followed to their end, compatibility forms left to NFKD.
A phrase conversion would differ in 84 of 262,577 characters; a character map keeps positions and every cut exact.
"""

from pathlib import Path

_TABLE = Path(__file__).with_suffix(".txt")

_LINES = _TABLE.read_text(encoding="utf-8").splitlines()

SIMPLIFIED_BY_TRADITIONAL = {line[0]: line[2] for line in _LINES}
