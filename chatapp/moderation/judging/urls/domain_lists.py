"""
Which rule lists a host. Pure: owns what a list and its exceptions cover; reads no text.

A listed domain covers its subdomains. "*" lists every host, so "*" with exceptions is an allow-list. An exception that
covers a host beats whatever lists it. Spellings of one domain: domain_spellings.py.
"""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from chatapp.moderation.judging.urls.domain_spellings import spellings

ANY_DOMAIN = "*"


class UrlRule(NamedTuple):
    """One rule. rule_number: its place among the compiled rules. holds: the rule takes text away."""

    rule_number: int
    holds: bool
    domains: frozenset[str]
    exceptions: frozenset[str] = frozenset()


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
        parents = _parents(host)
        return tuple(
            entry.rule_number
            for entry in self.lists
            if domain in entry.domains and entry.exceptions.isdisjoint(parents)
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
    lists = tuple(_List(rule.rule_number, _spelt(rule.domains), _spelt(rule.exceptions)) for rule in rules)
    forms = frozenset[str]().union(*(entry.domains for entry in lists)) - {ANY_DOMAIN}
    return DomainLists(lists, tuple(sorted(forms)))


def _spelt(domains: frozenset[str]) -> frozenset[str]:
    return frozenset[str]().union(domains & {ANY_DOMAIN}, *map(spellings, domains - {ANY_DOMAIN}))


def _parents(host: str) -> list[str]:
    """The host, and every domain that it is in."""
    labels = host.strip(".").split(".")
    return [".".join(labels[first:]) for first in range(len(labels))]
