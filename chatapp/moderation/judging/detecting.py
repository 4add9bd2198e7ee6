"""
What every way of finding a rule in a text has in common. Owns the interface; finds nothing itself.

A detector reads one text a character at a time, so what it finds cannot depend on how the text was cut. It reports a
span once nothing that follows can change it, and says from where on it may still report one: that is what the gate
holds back for it.
"""

from collections.abc import Sequence
from typing import NamedTuple, Protocol, Self

from chatapp.moderation.judging.verdict import Channel


class Keyword(NamedTuple):
    """A phrase of one rule. rule_number: its place among the compiled rules. holds: the rule takes text away."""

    phrase: str
    rule_number: int
    holds: bool


class Found(NamedTuple):
    """
    Characters [start, end) of the text, final: nothing that follows changes this span.

    score: a classifier's. principle: the number of the one that a judge found broken most.
    """

    rule_number: int
    start: int
    end: int
    channel: Channel = Channel.STRICT
    score: float | None = None
    principle: int | None = None


class Detector(Protocol):
    """Stands at one place in one text. One thread at a time."""

    def read(self, char: str) -> Sequence[Found]:
        """Take in the next character; the spans that became final with it, in order of their ends, then starts."""

    def end(self) -> Sequence[Found]:
        """The text is over: what is still open becomes final or is dropped. Nothing is read afterwards."""

    @property
    def alive_from(self) -> int | None:
        """The first character that a span of a rule that holds may still cover when reported later; None if none."""

    def copy(self) -> Self:
        """A detector that stands where this one does and goes its own way. What is compiled is shared."""


class DetectorSource(Protocol):
    """Compiled rules of one kind: immutable, shared by every text that is judged with them."""

    def start(self) -> Detector: ...
