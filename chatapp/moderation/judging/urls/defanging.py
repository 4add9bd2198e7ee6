"""Undoes how people write addresses so that nobody clicks them: evil[.]com, evil(dot)com, hxxp[:]//. Knows no list."""

import re
from collections.abc import Sequence
from typing import NamedTuple

_SYMBOLS_BY_DISGUISE = {
    "[.]": ".",
    "(.)": ".",
    "{.}": ".",
    "[dot]": ".",
    "(dot)": ".",
    "{dot}": ".",
    "[:]": ":",
    "[://]": "://",
    "[/]": "/",
}
_UNFINISHED = frozenset(d[:length] for d in _SYMBOLS_BY_DISGUISE for length in range(1, len(d)))
_DISGUISE = re.compile("|".join(map(re.escape, _SYMBOLS_BY_DISGUISE)))
OPENINGS = frozenset(disguise[0] for disguise in _SYMBOLS_BY_DISGUISE)


class Placed(NamedTuple):
    """A symbol and the character it came from."""

    symbol: str
    position: int


def undisguise(pending: Sequence[Placed], placed: Placed) -> tuple[tuple[Placed, ...], tuple[Placed, ...]]:
    """
    Take in one more symbol behind those that may begin a disguise; returns what is certain now and what is pending.

    A symbol behind a disguise stands where the disguise ends.
    """
    text = "".join(p.symbol for p in pending) + placed.symbol
    if text in _UNFINISHED:
        return (), (*pending, placed)
    if text in _SYMBOLS_BY_DISGUISE:
        return tuple(Placed(symbol, placed.position) for symbol in _SYMBOLS_BY_DISGUISE[text]), ()
    if placed.symbol in OPENINGS and pending:
        return tuple(pending), (placed,)
    return (*pending, placed), ()


def plainly_written(symbols: str) -> str:
    """A whole text with every disguise undone, be it one where it stands or not."""
    return _DISGUISE.sub(lambda found: _SYMBOLS_BY_DISGUISE[found[0]], symbols)
