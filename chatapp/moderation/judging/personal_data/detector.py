"""
Rules about personal data as a detector: e-mail addresses, telephone numbers, identity and bank card numbers, IBANs, IP
addresses, US social security numbers, keys. Owns which rule wants what; how each is found is its reader's business.

What is found is decided by the text and its checksums alone, whichever rules ask; rules choose what is reported and
what may be held.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from string import ascii_letters, digits
from typing import NamedTuple

from chatapp.moderation.judging.detecting import Found
from chatapp.moderation.judging.personal_data.api_keys import ApiKeyReader
from chatapp.moderation.judging.personal_data.email_addresses import EmailReader
from chatapp.moderation.judging.personal_data.ibans import IbanReader
from chatapp.moderation.judging.personal_data.ip6_addresses import Ip6Reader
from chatapp.moderation.judging.personal_data.number_runs import NumberReader
from chatapp.moderation.judging.personal_data.private_keys import PrivateKeyReader
from chatapp.moderation.judging.personal_data.reading import Entity, Reader, Span
from chatapp.moderation.judging.text.plain_symbols import PLAIN_BY_CHAR

__all__ = ["Entity", "PersonalDataRule", "PersonalDataRules", "compile_personal_data"]

_READERS: tuple[type[Reader], ...] = (
    NumberReader,
    EmailReader,
    IbanReader,
    Ip6Reader,
    ApiKeyReader,
    PrivateKeyReader,
)
# What a reader sees of the text before a symbol: at least the first number, at most the second.
_MIN_RECENT = 64
_MAX_RECENT = 256

_IN_WORD = frozenset(ascii_letters + digits)
_STARTS = frozenset[str]().union(*(reader.starts | reader.starts_in_word for reader in _READERS))
# By symbol: the readers that it may open, outside a word and within.
_OPENERS = {symbol: frozenset(reader for reader in _READERS if symbol in reader.starts) for symbol in _STARTS}
_OPENERS_IN_WORD = {
    symbol: openers
    for symbol in _STARTS
    if (openers := frozenset(reader for reader in _READERS if symbol in reader.starts_in_word))
}


class PersonalDataRule(NamedTuple):
    """One rule. rule_number: its place among the compiled rules. holds: the rule takes text away."""

    rule_number: int
    holds: bool
    entities: frozenset[Entity]


@dataclass(frozen=True, slots=True)
class PersonalDataRules:
    """See detecting.DetectorSource. rule_numbers: by entity. held: entities that some rule takes away."""

    rule_numbers: Mapping[Entity, tuple[int, ...]]
    held: frozenset[Entity]

    @property
    def needed(self) -> list[re.Pattern[str]]:
        """One of these is in the symbols of every text in which something is found."""
        return [reader.needed for reader in _wanted(self)]

    def start(self) -> "PersonalDataDetector":
        return PersonalDataDetector(self)


def _wanted(rules: PersonalDataRules) -> list[type[Reader]]:
    return [reader for reader in _READERS if not rules.rule_numbers.keys().isdisjoint(reader.entities)]


def compile_personal_data(rules: Sequence[PersonalDataRule]) -> PersonalDataRules:
    rule_numbers = {entity: tuple(r.rule_number for r in rules if entity in r.entities) for entity in Entity}
    held = frozenset(entity for rule in rules if rule.holds for entity in rule.entities)
    return PersonalDataRules({entity: numbers for entity, numbers in rule_numbers.items() if numbers}, held)


class PersonalDataDetector:
    """See detecting.Detector."""

    __slots__ = ("_num_chars", "_open", "_readers", "_recent", "_rules")

    def __init__(self, rules: PersonalDataRules) -> None:
        self._rules = rules
        self._readers = [reader() for reader in _wanted(rules)]
        self._open: list[Reader] = []
        self._recent = ["\n"]  # a text begins as a line does
        self._num_chars = 0

    def copy(self) -> "PersonalDataDetector":
        twin = PersonalDataDetector(self._rules)
        twin._readers = [reader.copy() for reader in self._readers]
        twin._open = [reader for reader in twin._readers if reader.is_open]
        twin._recent, twin._num_chars = self._recent.copy(), self._num_chars
        return twin

    @property
    def alive_from(self) -> int | None:
        held = self._rules.held
        starts = (reader.alive_from for reader in self._readers if not held.isdisjoint(reader.entities))
        return min((start for start in starts if start is not None), default=None)

    def read(self, char: str) -> Sequence[Found]:
        position = self._num_chars
        self._num_chars = position + 1
        symbols, recent = PLAIN_BY_CHAR[char], self._recent
        spans: Sequence[Span] = ()
        if len(recent) > _MAX_RECENT:
            del recent[:-_MIN_RECENT]
        if len(symbols) == 1:  # nearly always
            if self._open or symbols in _STARTS:
                spans = self._read_symbol(symbols, position)
            recent.append(symbols)
        else:
            for symbol in symbols:
                spans = [*spans, *self._read_symbol(symbol, position)]
                recent.append(symbol)
        return self._found(spans) if spans else ()

    def _read_symbol(self, symbol: str, position: int) -> Sequence[Span]:
        recent = self._recent
        openers = (_OPENERS_IN_WORD if recent[-1] in _IN_WORD else _OPENERS).get(symbol)
        if openers is None:
            readers = self._open
        else:
            readers = [reader for reader in self._readers if reader.is_open or type(reader) in openers]
        spans: Sequence[Span] = ()
        is_any_closed = False
        for reader in readers:
            if found := reader.read(symbol, position, recent):
                spans = [*spans, *found]
            is_any_closed = is_any_closed or not reader.is_open
        self._open = [reader for reader in readers if reader.is_open] if is_any_closed else readers
        return spans

    def end(self) -> Sequence[Found]:
        return self._found([span for reader in self._readers for span in reader.end()])

    def _found(self, spans: Sequence[Span]) -> Sequence[Found]:
        found = {
            Found(rule_number, span.start, span.end)
            for span in spans
            for rule_number in self._rules.rule_numbers.get(span.entity, ())
        }
        return sorted(found, key=lambda hit: (hit.end, hit.start, hit.rule_number))
