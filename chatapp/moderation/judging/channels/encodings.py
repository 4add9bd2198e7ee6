"""
Text that is written as something else and that a model reads all the same: base64, hexadecimal, percent signs, escapes
of programming languages, HTML entities. Owns what counts as such and what it says; knows no rule.

Readings have at most two layers, base64 of base64, and are bounded in size: who decodes without end is their prey.
Sources: base64 (RFC 4648, RFC 2045 for its lines), percent (RFC 3986, §2.1), entities (HTML Standard, §13.5).
"""

import binascii
import html
import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import NamedTuple

MAX_LAYERS = 2
# Above what two layers of a message of the greatest length (core.limits, 16,000 characters) come to in honest use.
MAX_DECODED_CHARS = 1 << 17
# Four bytes are a short word; what begins like a text by chance, a word of eight letters or a key, says less than six.
MIN_BYTES = 4
MIN_BYTES_BEFORE_NOISE = 6

# Lines as mail programs break them, then a last one; or one run in any text.
_BASE64 = re.compile(
    r"[A-Za-z0-9+/_-]{40,}(?:\r?\n[A-Za-z0-9+/_-]{40,})*(?:\r?\n[A-Za-z0-9+/_-]{2,39})?={0,2}"
    r"|[A-Za-z0-9+/_-]{6,}={0,2}"
)
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:0x)?[0-9a-fA-F]{2}(?:[\s,:-]{0,2}(?:0x)?[0-9a-fA-F]{2}){3,}(?![0-9A-Za-z])")
_ESCAPE = re.compile(
    r"(?P<bytes>(?:(?:%|\\x)[0-9a-fA-F]{2})+)|(?P<units>(?:\\u[0-9a-fA-F]{4})+)"
    r"|(?P<entity>&(?:#\d{1,7};?|#[xX][0-9a-fA-F]{1,6};?|[A-Za-z][A-Za-z0-9]{1,30};))"
)
_NO_HEX = re.compile(r"0x|[^0-9a-fA-F]")
_STANDARD = str.maketrans("-_", "+/", "\r\n=")
_CHARS_PER_BYTE = {"%": 3, "\\": 4}
_CHARS_PER_UNIT = 6
_NOT_OF_TEXT = frozenset({"Cc", "Cs", "Co", "Cn"})


class Reading(NamedTuple):
    """
    What a text says once something in it is decoded.

    places: by character, the characters [start, end) of the text that was written. is_decoded: by character, whether it
    was written as something else.
    """

    text: str
    places: Sequence[tuple[int, int]]
    is_decoded: Sequence[bool]


def readings(text: str) -> Iterator[Reading]:
    """Every way to read it that decodes something, fewer layers first. Time grows with the length of the text."""
    layer = [Reading(text, [(at, at + 1) for at in range(len(text))], [False] * len(text))]
    num_left = MAX_DECODED_CHARS
    for _ in range(MAX_LAYERS):
        decoded = [inner for outer in layer for inner in _decoded(outer)]
        layer = []
        for reading in decoded:
            num_left -= len(reading.text)
            if num_left < 0:
                return
            layer.append(reading)
            yield reading


def _decoded(outer: Reading) -> Iterator[Reading]:
    """With one layer less: all escapes at once, as they stand among plain letters, and each block for itself."""
    if _ESCAPE.search(outer.text):
        yield _unescaped(outer)
    for found in _BASE64.finditer(outer.text):
        for text in _from_base64(found.group()):
            yield _of_block(outer, found.span(), text)
    for found in _HEX.finditer(outer.text):
        for text in _text_of(bytes.fromhex(_NO_HEX.sub("", found.group()))):
            yield _of_block(outer, found.span(), text)


def _of_block(outer: Reading, span: tuple[int, int], text: str) -> Reading:
    place = (outer.places[span[0]][0], outer.places[span[1] - 1][1])
    return Reading(text, [place] * len(text), [True] * len(text))


def _from_base64(run: str) -> Iterator[str]:
    """From each of the four places at which its first group may begin: letters may stand before it."""
    symbols = run.translate(_STANDARD)
    for first in range(min(4, len(symbols))):
        groups = symbols[first:]
        if len(groups) % 4 == 1:
            groups = groups[:-1]  # six bits are no byte
        yield from _text_of(binascii.a2b_base64(groups + "=" * (-len(groups) % 4)))


def _text_of(raw: bytes) -> Iterator[str]:
    """The text that the bytes begin with, if they are one or begin with enough of it."""
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        text = raw[: error.start].decode()
    noise = next((at for at, char in enumerate(text) if not _is_of_text(char)), len(text))
    num_bytes = len(text[:noise].encode())
    if num_bytes >= (MIN_BYTES if num_bytes == len(raw) else MIN_BYTES_BEFORE_NOISE):
        yield text[:noise]


def _is_of_text(char: str) -> bool:
    return char.isspace() or unicodedata.category(char) not in _NOT_OF_TEXT


def _unescaped(outer: Reading) -> Reading:
    chars: list[str] = []
    places: list[tuple[int, int]] = []
    is_decoded: list[bool] = []
    done = 0
    for found in _ESCAPE.finditer(outer.text):
        start, end = found.span()
        if html.unescape(found.group()) == found.group() and found.lastgroup == "entity":
            continue  # no entity has that name
        chars += outer.text[done:start]
        places += outer.places[done:start]
        is_decoded += outer.is_decoded[done:start]
        for char, first, last in _chars_of(found):
            chars.append(char)
            places.append((outer.places[first][0], outer.places[last - 1][1]))
            is_decoded.append(True)
        done = end
    chars += outer.text[done:]
    return Reading("".join(chars), [*places, *outer.places[done:]], [*is_decoded, *outer.is_decoded[done:]])


def _chars_of(escape: re.Match[str]) -> Iterator[tuple[str, int, int]]:
    """Each character that it stands for, and what it was written with."""
    start, end = escape.span()
    written = escape.group()
    match escape.lastgroup:
        case "bytes":
            yield from _chars_of_bytes(written, start)
        case "units":
            for char in bytes.fromhex(written.replace("\\u", "")).decode("utf-16-be", "surrogatepass"):
                width = _CHARS_PER_UNIT * (2 if char > "\uffff" else 1)
                yield char, start, start + width
                start += width
        case _:
            for char in html.unescape(written):
                yield char, start, end


def _chars_of_bytes(written: str, start: int) -> Iterator[tuple[str, int, int]]:
    """A byte that is no UTF-8 is a character that no keyword holds."""
    ends = [start]
    while ends[-1] < start + len(written):
        ends.append(ends[-1] + _CHARS_PER_BYTE[written[ends[-1] - start]])
    raw = bytes.fromhex(re.sub(r"%|\\x", "", written))
    at = 0
    for char in raw.decode("utf-8", "surrogateescape"):
        num_bytes = 1 if "\ud800" <= char <= "\udfff" else len(char.encode())
        yield char, ends[at], ends[at + num_bytes]
        at += num_bytes
