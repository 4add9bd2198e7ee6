"""
Text as the automata of C code take it: no halves of character pairs, and one mapping a purpose. Knows no rule.
"""

from collections.abc import Callable

_SURROGATES = range(0xD800, 0xE000)  # no UTF-8 holds one, so the automaton reads another character in its place
_REPLACEMENT = "\ufffd"
_MAX_REMEMBERED_CHARS = 1 << 16


def spelled(symbols: str) -> str:
    """The symbols with another one in the place of what UTF-8 cannot hold: phrases and texts alike."""
    if symbols.isascii():
        return symbols
    return "".join(_REPLACEMENT if ord(symbol) in _SURROGATES else symbol for symbol in symbols)


class SpelledByCode(dict[int, str]):
    """A mapping of characters as `str.translate` asks for it, spelled; computed at a character's first use."""

    def __init__(self, symbols_of: Callable[[str], str]) -> None:
        super().__init__()
        self._symbols_of = symbols_of

    def __missing__(self, code: int) -> str:
        symbols = spelled(self._symbols_of(chr(code)))
        if len(self) < _MAX_REMEMBERED_CHARS:
            self[code] = symbols
        return symbols
