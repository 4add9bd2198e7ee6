"""
How a domain is written, in a rule and in a text. Pure: owns which spellings are the same domain; knows no rule.

A label of a text stands there in Unicode, which is read in plain symbols, or as its A-label ("xn--…"), which is exact:
only what browsers make of the listed name is the same. So a listed domain is compared in both.
"""

import math
import unicodedata
from itertools import product

from chatapp.moderation.judging.text.plain_symbols import PLAIN_BY_CHAR
from chatapp.moderation.judging.text.remembering import Remembered
from chatapp.moderation.judging.urls.host_names import HostNameInvalid, ascii_label, browser_name, unicode_label

# Six labels in Unicode; of a domain with more, only what is written in one way throughout.
_MAX_SPELLINGS = 64

# As browsers read an address: IDNA's full stops, and a backslash for a slash.
_SAME = {"。": ".", "｡": ".", "\\": "/"}


class DomainInvalid(ValueError):
    """A listed domain that is none."""


def url_symbols(char: str) -> str:
    """The symbols of a character where hosts are read: as plain_symbols, in lower case, with one kind of full stop."""
    symbols = PLAIN_BY_CHAR[char].lower()
    return _SAME.get(symbols, symbols)


URL_SYMBOLS_BY_CHAR: Remembered[str, str] = Remembered(url_symbols)


def is_host_symbol(symbol: str) -> bool:
    """Letters and digits, and the signs of Indic scripts that are no letters of their own but half of one."""
    return symbol.isalnum() or symbol in ("-", "_") or unicodedata.category(symbol) == "Mc"


def spellings(domain: str) -> frozenset[str]:
    """
    Every way in which a text may write a listed domain, in URL symbols; of "*.x.org" those of "x.org".

    :raises DomainInvalid: if it has no name, or characters that no host has.
    """
    written = unicodedata.normalize("NFC", domain.strip())
    labels = _labels("".join(map(url_symbols, written)))
    if not all(label and all(map(is_host_symbol, label)) for label in labels):
        raise DomainInvalid(f"{domain!r} is no domain")
    plain = list(map(_plain_label, labels))
    read = _labels_as_read(written, instead=plain)
    ways = [tuple({one: None, ascii_label(other) or one: None}) for one, other in zip(plain, read, strict=True)]
    few = math.prod(map(len, ways)) <= _MAX_SPELLINGS
    return frozenset(map(".".join, product(*ways) if few else ([way[at] for way in ways] for at in (0, -1))))


def _labels(name: str) -> list[str]:
    return name.removeprefix("*.").strip(".").split(".")


def _plain_label(label: str) -> str:
    read = unicode_label(label)
    return label if read == label else "".join(map(url_symbols, read)) or read


def _labels_as_read(written: str, *, instead: list[str]) -> list[str]:
    """The labels as browsers read them; `instead` where they would refuse, or see others."""
    try:
        labels = _labels(browser_name(written))
    except HostNameInvalid:
        return instead
    return labels if len(labels) == len(instead) else instead
