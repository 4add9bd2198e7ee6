"""
What every way of finding a rule in a text has in common. Owns the interface; finds nothing itself.

A detector reads one text a character at a time, so what it finds cannot depend on how the text was cut. It reports a
span once nothing that follows can change it, and says from where on it may still report one: that is what the gate
holds back for it.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple, Protocol, Self

from chatapp.moderation.judging.classifiers.types import ClassifierError
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


class AskingSource(DetectorSource, Protocol):
    """One that asks classifiers; what it makes may raise `RulesUnanswered`."""

    @property
    def waits(self) -> bool:
        """Whether one of them does not answer at once, so that who reads a text may have to wait."""

    def answering(self, asked: str, *, patience_s: float | None = None) -> DetectorSource:
        """The same rules, for texts that answer this. patience_s: how long each may wait for answers."""


class Finder(Protocol):
    """A compiled channel that sees whole texts only."""

    def find(self, text: str) -> list[Found]: ...


# Whether a text may hold anything for a detector: a no is certain, a yes means that the detector must read.
Glance = Callable[[str], bool]


class Unanswered(NamedTuple):
    """A rule that got no answer about characters [start, end)."""

    rule_number: int
    start: int
    end: int
    failure: ClassifierError


class RulesUnanswered(ClassifierError):
    """
    Some rules got no answer; `found` is what was found beside.

    The detector stands behind those characters and may be read on: for these rules the text passed unjudged.
    """

    code = "classifier_rules_unanswered"

    def __init__(self, unanswered: Sequence[Unanswered], *, found: Sequence[Found]) -> None:
        causes = "; ".join(
            f"rule {one.rule_number}, characters {one.start} to {one.end}: {one.failure}" for one in unanswered
        )
        super().__init__(f"unjudged: {causes}")
        self.unanswered = tuple(unanswered)
        self.found = tuple(found)
