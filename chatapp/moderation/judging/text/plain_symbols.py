"""
What a character stands for where exact values are read: numbers, addresses, keys. Keeps case; knows no rule.

Unlike φ (normalise.py) it keeps upper case, accents and line ends, and turns every digit of the world into its ASCII
digit and every dash into "-". It is context-free too, so a cut through the text changes nothing.
"""

import unicodedata

from chatapp.moderation.judging.text.remembering import Remembered
from chatapp.moderation.judging.text.traditional import SIMPLIFIED_BY_TRADITIONAL

_LINE_ENDS = frozenset("\n\r\x0b\x0c\x85\u2028\u2029")
_INVISIBLE_CATEGORIES = frozenset({"Mn", "Me", "Cf", "Cc"})
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0")  # Hangul fillers: letters by category, blank on every screen
_MINUS = "\u2212"


def plain_symbols(char: str) -> str:
    """
    The symbols that one character stands for; "" for what nobody sees. White space is " ", a line end is a newline.

    Source: Unicode normalisation form NFKC (UAX #15), general categories Nd, Pd, Cf (UAX #44).
    """
    if char in _LINE_ENDS:
        return "\n"
    if char.isspace():
        return " "
    return "".join(map(_plain, unicodedata.normalize("NFKC", char)))


def _plain(symbol: str) -> str:
    if symbol.isspace():
        return " "
    category = unicodedata.category(symbol)
    if category in _INVISIBLE_CATEGORIES or symbol in _FILLERS:
        return ""
    if category == "Nd":
        return str(unicodedata.decimal(symbol))
    if category == "Pd" or symbol == _MINUS:
        return "-"
    return SIMPLIFIED_BY_TRADITIONAL.get(symbol, symbol)


PLAIN_BY_CHAR: Remembered[str, str] = Remembered(plain_symbols)
