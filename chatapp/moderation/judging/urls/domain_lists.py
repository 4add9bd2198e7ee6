"""
Which rule lists a host. Pure: owns how a listed domain and a host of a text are written alike; reads no text.

A listed domain covers its subdomains. "*" lists every host, so "*" with exceptions is an allow-list. An exception that
covers a host beats whatever lists it. Source: IDNA 2003 as the standard library has it, for the ASCII form of a name.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp.moderation.judging.text.plain_symbols import PLAIN_BY_CHAR

ANY_DOMAIN = "*"
_MAX_REMEMBERED_CHARS = 1 << 16  # as in plain_symbols.py

# As browsers read an address: IDNA's full stops, and a backslash for a slash.
_SAME = {"。": ".", "｡": ".", "\\": "/"}


class UrlRule(NamedTuple):
    """One rule. rule_number: its place among the compiled rules. holds: the rule takes text away."""

    rule_number: int
    holds: bool
    domains: frozenset[str]
    exceptions: frozenset[str] = frozenset()


class _UrlSymbolsByChar(dict[str, str]):
    """url_symbols per character, computed at its first use."""

    def __missing__(self, char: str) -> str:
        symbols = url_symbols(char)
        if len(self) < _MAX_REMEMBERED_CHARS:
            self[char] = symbols
        return symbols


URL_SYMBOLS_BY_CHAR = _UrlSymbolsByChar()


class DomainInvalid(ValueError):
    """A listed domain that is none."""


def url_symbols(char: str) -> str:
    """The symbols of a character where hosts are read: as plain_symbols, in lower case, with one kind of full stop."""
    symbols = PLAIN_BY_CHAR[char].lower()
    return _SAME.get(symbols, symbols)


def canonical_domain(domain: str) -> str:
    """
    A listed domain in Unicode, lower case, without a full stop at its ends; "*.x.org" is "x.org".

    :raises DomainInvalid: if it has no name, or characters that no host has.
    """
    name = "".join(map(url_symbols, domain.strip())).removeprefix("*.").strip(".")
    if name == "" or not all(label and all(map(is_host_symbol, label)) for label in name.split(".")):
        raise DomainInvalid(f"{domain!r} is no domain")
    return ".".join(map(_unicode_label, name.split(".")))


def is_host_symbol(symbol: str) -> bool:
    return symbol.isalnum() or symbol in ("-", "_")


def _unicode_label(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label.encode("ascii").decode("idna")
    except UnicodeError:
        return label  # a name that cannot be read is compared as it is written


def _ascii_form(domain: str) -> str:
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain


@dataclass(frozen=True, slots=True)
class _List:
    rule_number: int
    domains: frozenset[str]
    exceptions: frozenset[str]


@dataclass(frozen=True, slots=True)
class DomainLists:
    """The lists of all rules. forms: every spelling of every domain they name, sorted."""

    lists: tuple[_List, ...]
    forms: tuple[str, ...]

    def listing(self, host: str) -> tuple[int, ...]:
        """The rules (by number) that list this host of a text; "" is no host."""
        if not host.strip("."):
            return ()
        parents = [ANY_DOMAIN, *_parents(host)]
        return tuple(
            entry.rule_number
            for entry in self.lists
            if not entry.domains.isdisjoint(parents) and entry.exceptions.isdisjoint(parents)
        )

    def naming(self, domain: str, *, host: str) -> tuple[int, ...]:
        """The rules that list this very domain, if none of their exceptions covers the host that it is a parent of."""
        name, parents = _canonical_host(domain), _parents(host)
        return tuple(
            entry.rule_number for entry in self.lists if name in entry.domains and entry.exceptions.isdisjoint(parents)
        )


def begins_one(forms: Sequence[str], text: str) -> bool:
    """Whether one of the sorted spellings begins with this."""
    place = bisect_left(forms, text)
    return place < len(forms) and forms[place].startswith(text)


def is_one(forms: Sequence[str], text: str) -> bool:
    place = bisect_left(forms, text)
    return place < len(forms) and forms[place] == text


def domain_lists(rules: Sequence[UrlRule]) -> DomainLists:
    """:raises DomainInvalid: for a listed domain or exception that is none."""
    lists = tuple(_List(r.rule_number, _canonical(r.domains), _canonical(r.exceptions)) for r in rules)
    named = frozenset[str]().union(*(entry.domains for entry in lists)) - {ANY_DOMAIN}
    return DomainLists(lists, tuple(sorted({form for domain in named for form in (domain, _ascii_form(domain))})))


def _canonical(domains: frozenset[str]) -> frozenset[str]:
    return frozenset(domain if domain == ANY_DOMAIN else canonical_domain(domain) for domain in domains)


def _canonical_host(host: str) -> str:
    return ".".join(map(_unicode_label, host.strip(".").split(".")))


def _parents(host: str) -> list[str]:
    """The host in its canonical form, and every domain that it is in."""
    labels = _canonical_host(host).split(".")
    return [".".join(labels[first:]) for first in range(len(labels))]
