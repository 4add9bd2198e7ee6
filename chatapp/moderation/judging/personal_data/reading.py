"""What the readers of personal data have in common: entities, spans, and the interface of a reader."""

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple, Protocol, Self


class Entity(StrEnum):
    """A kind of personal data that a rule may name."""

    EMAIL = "email"
    PHONE = "phone"
    CN_ID = "cn_id"
    BANK_CARD = "bank_card"
    IBAN = "iban"
    IP = "ip"
    US_SSN = "us_ssn"
    API_KEY = "api_key"


class Span(NamedTuple):
    """Characters [start, end) of the text are this."""

    entity: Entity
    start: int
    end: int


class Reader(Protocol):
    """
    Reads symbols (plain_symbols.py) of one text and says which spans became final. Its state is immutable values
    only, so that a shallow copy goes its own way.

    entities: what it may find. needed: is in the symbols of every text in which it finds anything.
    starts: the ASCII symbols that may open a run where no ASCII letter or digit stands before; starts_in_word: those
    that may do so anywhere. It need not see others while it is closed.
    is_open: whether it stands in a run that may still come to something or must be skipped: it must see every symbol.
    """

    entities: frozenset[Entity]
    needed: re.Pattern[str]
    starts: frozenset[str]
    starts_in_word: frozenset[str]
    is_open: bool

    def read(self, symbol: str, position: int, recent: Sequence[str]) -> Sequence[Span]:
        """recent: the symbols that came before, a newline first; the last few dozen at least, if there are as many."""

    def end(self) -> Sequence[Span]:
        """The text is over."""

    @property
    def alive_from(self) -> int | None:
        """The first character that a later span may cover; None if none does."""

    def copy(self) -> Self: ...
