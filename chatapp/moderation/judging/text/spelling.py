"""
Text as the automata of C code take it: no halves of character pairs, and one mapping a purpose. Knows no rule.
"""

from collections.abc import Callable

from chatapp.moderation.judging.text.remembering import Remembered

_SURROGATES = range(0xD800, 0xE000)  # no UTF-8 holds one, so the automaton reads another character in its place
_REPLACEMENT = "\ufffd"


def spelled(symbols: str) -> str:
    """The symbols with another one in the place of what UTF-8 cannot hold: phrases and texts alike."""
    if symbols.isascii():
        return symbols
    return "".join(_REPLACEMENT if ord(symbol) in _SURROGATES else symbol for symbol in symbols)


def spelled_by_code(symbols_of: Callable[[str], str]) -> Remembered[int, str]:
    """A mapping of characters as `str.translate` asks for it, spelled."""
    return Remembered(lambda code: spelled(symbols_of(chr(code))))
