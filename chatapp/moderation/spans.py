"""What the readers of personal data have in common: entities, spans, and the interface of a reader."""

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

    entities: what it may find. starts: the ASCII symbols that may open a run; it need not see others while closed.
    is_open: whether it stands in a run, so that it must see every symbol.
    """

    entities: frozenset[Entity]
    starts: frozenset[str]
    is_open: bool

    def read(self, symbol: str, position: int, before: str) -> Sequence[Span]:
        """before: the symbols that came before this one, the last few dozen at least as far as there are any."""

    def end(self) -> Sequence[Span]:
        """The text is over."""

    @property
    def alive_from(self) -> int | None:
        """The first character that a later span may cover; None if none does."""

    def copy(self) -> Self: ...
