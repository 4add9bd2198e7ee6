"""
Rules about domains as a detector: finds URLs and bare domains that a list denies, or that no allow-list has.

With a scheme, "www." or a Markdown target ("](//") the whole URL is found, whatever its host; it is held until its host
is known, and on only if the host is listed. Without, a listed domain is found where it is named, without the labels
before it, so a word is held only while it may still be the beginning of a listed domain.
"""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import NamedTuple, Self
from urllib.parse import unquote

from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.urls.defanging import OPENINGS, Placed, undisguise
from chatapp.moderation.judging.urls.domain_lists import DomainLists, UrlRule, begins_one, domain_lists, is_one
from chatapp.moderation.judging.urls.domain_spellings import URL_SYMBOLS_BY_CHAR, DomainInvalid, is_host_symbol

__all__ = ["DomainInvalid", "UrlRule", "UrlRules", "compile_urls"]

_SCHEMES = ("http", "https", "hxxp", "hxxps", "ftp", "ws", "wss")
_STARTERS = frozenset({*(f"{scheme}://" for scheme in _SCHEMES), "www.", "(//"})
# One of these is in every one of them.
STARTER_MARKS = ("//", "www.")
_STARTERS_SO_FAR = frozenset(s[:length] for s in _STARTERS for length in range(1, len(s) + 1))
_IN_AUTHORITY = frozenset(".-_:@%~!$&*+;=")
_BEGINS_TAIL = frozenset("/?#:")
_ENDS_TAIL = frozenset(' \n<>"`{}|^]')
_TRAILING = frozenset(".,;:!?*_~'")
# After a name these may still belong to its host, if a letter or digit follows.
_UNDECIDED = frozenset(".-_")

_IN_WORD = frozenset("abcdefghijklmnopqrstuvwxyz0123456789")
_IN_LABEL = _IN_WORD | {"-", "_"}

_MAX_LABELS = 253  # a host's symbols, RFC 1035 §2.3.4
_MAX_AUTHORITY = 512  # with a name and password before the host; what is longer is no honest host
_PIECE = 512  # what is longer is found in pieces, so no more is ever held


@dataclass(frozen=True, slots=True)
class UrlRules:
    """
    See detecting.DetectorSource. held_forms: spellings of the domains that rules which hold name; sorted.

    beginnings: the symbols with which something may begin outside a word.
    """

    lists: DomainLists
    held_forms: tuple[str, ...]
    holding: frozenset[int]
    beginnings: frozenset[str]

    def start(self) -> "UrlDetector":
        return UrlDetector(self)


def compile_urls(rules: Sequence[UrlRule]) -> UrlRules:
    """:raises DomainInvalid: for a listed domain or exception that is none."""
    holding = [rule for rule in rules if rule.holds]
    lists = domain_lists(rules)
    beginnings = OPENINGS | {starter[0] for starter in _STARTERS} | {form[0] for form in lists.forms} | {".", "-", "_"}
    numbers = frozenset(rule.rule_number for rule in holding)
    return UrlRules(lists, domain_lists(holding).forms, numbers, beginnings)


class _Hit(NamedTuple):
    rule_number: int
    start: int


class _Name(NamedTuple):
    """Symbols that are the beginning of a listed domain, or all of it. labels_before: "mail." of "mail.evil.com"."""

    start: int
    end: int
    text: str
    labels_before: str


class _Url(NamedTuple):
    """
    A URL under way. authority: what stands before its path. hits: the rules that list its host, once it is known.

    end: behind its last symbol that is not punctuation of the sentence. num_in_tail: symbols after the authority.
    """

    start: int
    end: int
    in_parentheses: bool
    authority: str = ""
    hits: tuple[_Hit, ...] = ()
    num_open: int = 0  # parentheses within
    num_in_tail: int = 0

    @property
    def host(self) -> str:
        """As a browser reads it: behind the last "@", without the port."""
        written = self.authority.rpartition("@")[2]
        host = "".join(URL_SYMBOLS_BY_CHAR[char] for char in unquote(written)) if "%" in written else written
        return host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0].strip(".")


class UrlDetector:
    """See detecting.Detector. Its state is immutable values only, so that a shallow copy goes its own way."""

    def __init__(self, rules: UrlRules) -> None:
        self._rules = rules
        self._num_chars = 0
        self._pending: tuple[Placed, ...] = ()  # may begin a disguise
        self._last = "\n"
        self._starter = ""
        self._starter_start = 0
        self._in_parentheses = False  # whether one opens right before the starter
        self._url: _Url | None = None
        self._names: tuple[_Name, ...] = ()  # beginnings of listed domains
        self._named: tuple[_Name, ...] = ()  # listed domains, if the host ends with them
        self._labels = ""  # ASCII symbols of a host up to here
        self._is_idle = True  # nothing is under way

    def copy(self) -> Self:
        return copy(self)

    @property
    def alive_from(self) -> int | None:
        if self._is_idle or not self._rules.holding:
            return None
        forms = self._rules.held_forms
        starts = [name.start for name in (*self._names, *self._named) if begins_one(forms, name.text)]
        starts += [placed.position for placed in self._pending[:1]]
        if self._starter:
            starts.append(self._starter_start)
        if self._url and (
            not self._url.hits or not self._rules.holding.isdisjoint(h.rule_number for h in self._url.hits)
        ):
            starts.append(self._url.start)
        return min(starts, default=None)

    def read(self, char: str) -> Sequence[Found]:
        position = self._num_chars
        self._num_chars = position + 1
        symbols = URL_SYMBOLS_BY_CHAR[char]
        if self._is_idle and self._passes(symbols):
            self._last = symbols
            return ()
        return self._read_all(symbols, position)

    def _passes(self, symbol: str) -> bool:
        """Whether this symbol begins nothing: the rest of a word, or one with which nothing begins."""
        if symbol in _IN_WORD and self._last in _IN_WORD:
            if len(self._labels) < _MAX_LABELS:
                self._labels += symbol
            return True
        if len(symbol) != 1 or symbol in self._rules.beginnings or symbol in _IN_LABEL:
            return False
        self._labels = ""
        return True

    def _read_all(self, symbols: str, position: int) -> Sequence[Found]:
        found: list[Found] = []
        for symbol in symbols:
            placed = Placed(symbol, position)
            if self._pending or (symbol in OPENINGS and (self._last.isalnum() or self._last == ":")):
                certain, self._pending = undisguise(self._pending, placed)
                for one in certain:
                    self._read(one, found)
            else:
                self._read(placed, found)
        self._is_idle = not (self._url or self._names or self._named or self._starter or self._pending)
        return sorted(found, key=_by_end) if found else ()

    def end(self) -> Sequence[Found]:
        found: list[Found] = []
        for placed in self._pending:
            self._read(placed, found)
        self._pending = ()
        self._end_names(None, found)
        if self._url and not self._url.hits:
            self._know_host()
        self._end_url(found)
        return sorted(found, key=_by_end)

    def _read(self, placed: Placed, found: list[Found]) -> None:
        if self._url and not self._url.hits and not self._lengthen_authority(self._url, placed):
            self._know_host()
        if self._url and self._url.hits and not self._lengthen_tail(self._url, placed, found):
            self._end_url(found)
        if self._url is None:
            self._read_names(placed, found)
        if self._url is None:
            self._read_starter(placed)
        self._last = placed.symbol

    def _read_starter(self, placed: Placed) -> None:
        grown = self._starter + placed.symbol
        if grown not in _STARTERS_SO_FAR or not self._starter:
            begins = placed.symbol in _STARTERS_SO_FAR and not (placed.symbol.isalpha() and _is_in_label(self._last))
            grown, self._starter_start = placed.symbol if begins else "", placed.position
            self._in_parentheses = "(" in (placed.symbol, self._last)
        elif grown == "(/":
            self._starter_start = placed.position
        self._starter = grown
        if grown in _STARTERS:
            authority = grown if grown == "www." else ""
            self._begin_url(_Url(self._starter_start, placed.position + 1, self._in_parentheses, authority))

    def _begin_url(self, url: _Url) -> None:
        self._url = url
        self._starter, self._names, self._named, self._labels = "", (), (), ""

    def _lengthen_authority(self, url: _Url, placed: Placed) -> bool:
        """Whether the symbol still belongs to it."""
        symbol, authority = placed.symbol, url.authority
        in_brackets = authority.rpartition("@")[2][:1] == "[" or (symbol == "[" and authority[-1:] in ("", "@"))
        fits = is_host_symbol(symbol) or symbol in _IN_AUTHORITY or (symbol in "[]" and in_brackets)
        is_prose = not symbol.isascii() and "." in authority and authority[-1:].isascii() and authority[-1:].isalnum()
        if not fits or is_prose or len(authority) >= _MAX_AUTHORITY:
            return False
        end = url.end if symbol in _TRAILING else placed.position + 1
        self._url = url._replace(authority=authority + symbol, end=end)
        return True

    def _know_host(self) -> None:
        """The authority is over: the URL is a hit, or is forgotten."""
        if self._url is None:
            return
        url, host = self._url, self._url.host
        rule_numbers = () if host == "www" else self._rules.lists.listing(host)
        hits = tuple(_Hit(rule_number, url.start) for rule_number in rule_numbers)
        self._url = url._replace(hits=hits) if hits else None

    def _lengthen_tail(self, url: _Url, placed: Placed, found: list[Found]) -> bool:
        """Whether the symbol still belongs to the URL."""
        symbol = placed.symbol
        begins = url.num_in_tail or symbol in _BEGINS_TAIL
        closes = symbol == ")" and not url.num_open
        if not begins or closes or symbol in _ENDS_TAIL or not (symbol.isascii() or url.in_parentheses):
            return False
        end = url.end if symbol in _TRAILING else placed.position + 1
        num_open = url.num_open + (symbol == "(") - (symbol == ")")
        url = url._replace(end=end, num_open=num_open, num_in_tail=url.num_in_tail + 1)
        if url.num_in_tail % _PIECE == 0:
            url = self._take_piece(url, placed, found)
        self._url = url
        return True

    def _take_piece(self, url: _Url, placed: Placed, found: list[Found]) -> _Url:
        end = placed.position + 1
        found += [Found(hit.rule_number, hit.start, end) for hit in url.hits]
        return url._replace(start=end, end=end, hits=tuple(hit._replace(start=end) for hit in url.hits))

    def _end_url(self, found: list[Found]) -> None:
        if self._url:
            end = self._url.end
            found += [Found(hit.rule_number, hit.start, end) for hit in self._url.hits if hit.start < end]
        self._url = None

    def _read_names(self, placed: Placed, found: list[Found]) -> None:
        """Follow listed domains that stand alone."""
        if self._named:
            self._end_names(placed, found)
        if self._url or not self._rules.lists.forms:
            return
        symbol, end = placed.symbol, placed.position + 1
        grown = [_Name(n.start, end, n.text + symbol, n.labels_before) for n in self._names]
        if is_host_symbol(symbol) and (not symbol.isascii() or not self._labels.strip("-_") or self._labels[-1] == "."):
            grown.append(_Name(placed.position, end, symbol, self._labels if symbol.isascii() else ""))
        forms = self._rules.lists.forms
        self._names = tuple(name for name in grown if begins_one(forms, name.text))
        self._named = tuple(name for name in self._names if is_one(forms, name.text)) or self._named
        in_host = _is_in_label(symbol) or symbol == "."
        self._labels = (self._labels + symbol)[-_MAX_LABELS:] if in_host else ""

    def _end_names(self, placed: Placed | None, found: list[Found]) -> None:
        """The symbol after a listed domain says whether the host ends there; None: the text is over."""
        symbol = placed.symbol if placed else ""
        if symbol in _UNDECIDED:
            return
        named, self._named = self._named, ()
        if not named or symbol == "@" or (symbol.isascii() and symbol.isalnum()):
            return
        starts: dict[int, int] = {}
        for name in named:
            for rule_number in self._rules.lists.naming(name.text, host=name.labels_before + name.text):
                starts.setdefault(rule_number, name.start)
        hits = tuple(_Hit(rule_number, start) for rule_number, start in starts.items())
        if hits:
            self._begin_url(_Url(min(starts.values()), named[0].end, in_parentheses=False, hits=hits))
            if placed is None or not (self._url and self._lengthen_tail(self._url, placed, found)):
                self._end_url(found)


def _is_in_label(symbol: str) -> bool:
    return symbol in _IN_LABEL


def _by_end(found: Found) -> tuple[int, int, int]:
    return found.end, found.start, found.rule_number
