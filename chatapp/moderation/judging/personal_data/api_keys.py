"""
Finds keys to services in a text that arrives a symbol at a time: by their issuer's prefix, or by the label before them.

Sources: the issuers' descriptions of their formats (GitHub, GitLab, AWS, Google, Slack, Stripe, OpenAI, Anthropic,
Hugging Face, npm); RFC 7519 (JWT). A key that is longer than `_PIECE` is found in pieces, so no more is ever held.
"""

import re
from collections import Counter
from collections.abc import Sequence
from copy import copy
from itertools import pairwise
from math import log2
from string import ascii_letters, digits
from typing import NamedTuple, Self

from chatapp.moderation.judging.personal_data.reading import Entity, Span

_LETTERS = ascii_letters + digits
_NARROW = frozenset(_LETTERS + "_-")
_WIDE = frozenset(_LETTERS + "_-.+/=~")
_PIECE = 256


class _Format(NamedTuple):
    symbols: frozenset[str]
    pattern: re.Pattern[str]


def _format(pattern: str, symbols: frozenset[str] = _NARROW) -> _Format:
    return _Format(symbols, re.compile(pattern))


_BY_PREFIX = {
    "sk-": _format(r"sk-(?=[\w-]*\d)[\w-]{20,}"),
    **dict.fromkeys(("sk_live_", "sk_test_", "rk_live_", "pk_live_"), _format(r"[sr]?p?k_(?:live|test)_\w{16,}")),
    **dict.fromkeys(("ghp_", "gho_", "ghu_", "ghs_", "ghr_"), _format(r"gh[pousr]_[A-Za-z0-9]{36,}")),
    "github_pat_": _format(r"github_pat_\w{22,}"),
    "glpat-": _format(r"glpat-[\w-]{20,}"),
    **dict.fromkeys(("AKIA", "ASIA"), _format(r"A[KS]IA[A-Z0-9]{16}")),
    "AIza": _format(r"AIza[\w-]{35}"),
    **dict.fromkeys(("xoxb-", "xoxp-", "xoxa-", "xoxr-", "xoxs-", "xapp-"), _format(r"x(?:ox[bpars]|app)-[\w-]{10,}")),
    "hf_": _format(r"hf_[A-Za-z0-9]{30,}"),
    "npm_": _format(r"npm_[A-Za-z0-9]{36,}"),
    "eyJ": _format(r"eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*", _NARROW | {"."}),
}
_UNFINISHED = frozenset(prefix[:length] for prefix in _BY_PREFIX for length in range(1, len(prefix)))
# Enough of a JWT to know that it is one when it is longer than a piece.
_JWT_HEAD = re.compile(r"eyJ[\w-]{10,}\.eyJ")

_LABEL = re.compile(
    r"(?:key|token|secret|passw(?:or)?d|pwd|credentials?|bearer|authorization|密钥|令牌|口令|密码|私钥)"
    r"[\"'`]?\s?(?:=>|:=|==?|:|是|为|\bis\b)\s?(?:bearer\s)?[\"'`]?$",
    re.IGNORECASE,
)
_LABEL_ENDS = frozenset("=:>是为sSrR")
_LABEL_SKIPPED = frozenset(" \"'`")
_BEHIND_LABEL = _LABEL_ENDS | _LABEL_SKIPPED
_LABEL_WINDOW = 32
_MIN_LABELLED = 20
_MIN_BITS_PER_SYMBOL = 3.0
_MIN_TURNS = 3  # between letters and digits: "configuration_v2" has one


class ApiKeyReader:
    """See reading.Reader."""

    entities = frozenset({Entity.API_KEY})
    needed = re.compile(r"[a-zA-Z0-9_\-.+/=~]{15}")  # the shortest of all formats: xoxb- and ten more
    starts = frozenset(_LETTERS)
    starts_in_word: frozenset[str] = frozenset()

    def __init__(self) -> None:
        self.is_open = False
        self._start = 0
        self._text = ""
        self._ends: tuple[int, ...] = ()
        self._symbols = _NARROW
        self._format: _Format | None = None
        self._labelled = False
        self._found_head = False  # the pieces before this one were found

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        return self._start if self.is_open and self._text else None

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:
        if not self.is_open:
            labelled = recent[-1] in _BEHIND_LABEL and _is_labelled(recent)
            if labelled or (symbol in _UNFINISHED and recent[-1] != "_"):
                self._begin(labelled=labelled)
                self._lengthen(symbol, position)
            return ()
        if symbol not in self._symbols:
            spans = self._judge()
            self.is_open = False
            return spans
        self._lengthen(symbol, position)
        return self._take_piece() if len(self._text) >= _PIECE else ()

    def end(self) -> Sequence[Span]:
        return self._judge() if self.is_open else ()

    def _begin(self, *, labelled: bool) -> None:
        self.is_open, self._text, self._ends = True, "", ()
        self._found_head = False
        self._format, self._labelled = None, labelled
        self._symbols = _WIDE if self._labelled else _NARROW

    def _lengthen(self, symbol: str, position: int) -> None:
        if not self._text:
            self._start = position
        self._text += symbol
        self._ends = (*self._ends, position + 1)
        if self._format is None and not self._found_head:
            self._recognise()

    def _recognise(self) -> None:
        found = _BY_PREFIX.get(self._text)
        if found is not None:
            self._format = found
            self._symbols = self._symbols | found.symbols
        elif self._text not in _UNFINISHED:
            self.is_open = self._labelled

    def _take_piece(self) -> Sequence[Span]:
        spans = [Span(Entity.API_KEY, self._start, self._ends[-1])] if self._is_key_so_far() else []
        self._found_head = self.is_open = bool(spans)
        self._text, self._ends = "", ()
        return spans

    def _judge(self) -> Sequence[Span]:
        if not self._text:
            return ()
        text = self._text.rstrip(".")
        length = len(text) if self._found_head else self._key_length(text)
        return (Span(Entity.API_KEY, self._start, self._ends[length - 1]),) if length else ()

    def _key_length(self, text: str) -> int:
        found = self._format.pattern.fullmatch(text) if self._format else None
        return len(text) if found or (self._labelled and _looks_random(text)) else 0

    def _is_key_so_far(self) -> bool:
        return self._found_head or self._key_length(self._text) > 0 or _JWT_HEAD.match(self._text) is not None


def _is_labelled(recent: Sequence[str]) -> bool:
    behind = [symbol for symbol in recent[-3:] if symbol not in _LABEL_SKIPPED]  # a space and a quote at most
    last = behind[-1] if behind else ""
    return last in _LABEL_ENDS and _LABEL.search("".join(recent[-_LABEL_WINDOW:])) is not None


def _looks_random(text: str) -> bool:
    """Long, of many different symbols, letters and digits mixed. Entropy as Shannon's, of the symbols' frequencies."""
    if len(text) < _MIN_LABELLED:
        return False
    shares = [count / len(text) for count in Counter(text).values()]
    bits = -sum(share * log2(share) for share in shares)
    kinds = [symbol.isdecimal() for symbol in text if symbol.isalnum()]
    num_turns = sum(first != second for first, second in pairwise(kinds))
    return bits >= _MIN_BITS_PER_SYMBOL and num_turns >= _MIN_TURNS
