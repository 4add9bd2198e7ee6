"""
Finds classifier rules in a text that arrives in pieces. Owns where they are asked and what may still become a span.

What a rule makes of a point is `rule_reading`, who waits for it `lines`.
"""

from collections.abc import Iterable, Sequence

from chatapp.moderation.judging.classifiers.lines import line_for
from chatapp.moderation.judging.classifiers.point import Patience, Point
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule, Outcome
from chatapp.moderation.judging.classifiers.sentences import SentencePoints
from chatapp.moderation.judging.detecting import Found, RulesUnanswered, Unanswered


class ClassifierRuleInvalid(ValueError):
    """A classifier rule that must not be published; says why."""


def compile_classifiers(rules: Sequence[ClassifierRule], *, asked: str = "") -> "ClassifierSource":
    """
    asked: what the texts answer, where they are answers; guards judge an answer by it.

    :raises ClassifierRuleInvalid: if thresholds are not 0 < controversial <= unsafe <= 1.
    """
    for rule in rules:
        if not 0.0 < rule.threshold_controversial <= rule.threshold_unsafe <= 1.0:
            raise ClassifierRuleInvalid(
                f"rule {rule.rule_number} needs 0 < controversial <= unsafe <= 1, "
                f"not {rule.threshold_controversial} and {rule.threshold_unsafe}"
            )
    return ClassifierSource(rules, asked=asked)


class ClassifierSource:
    """Implements `detecting.AskingSource`. Immutable; only `compile_classifiers` makes one."""

    __slots__ = ("asked", "max_window_chars", "patience_s", "rules")

    def __init__(self, rules: Sequence[ClassifierRule], *, asked: str, patience_s: float | None = None) -> None:
        self.rules = tuple(rules)
        self.asked = asked
        self.patience_s = patience_s
        self.max_window_chars = max((rule.classifier.max_window_chars for rule in rules), default=0)

    @property
    def waits(self) -> bool:
        return any(rule.waits for rule in self.rules)

    def answering(self, asked: str, *, patience_s: float | None = None) -> "ClassifierSource":
        """The same rules, for texts that answer this. patience_s: how long each may wait for answers."""
        return ClassifierSource(self.rules, asked=asked, patience_s=patience_s)

    def start(self) -> "ClassifierDetector":
        return ClassifierDetector(self)


class ClassifierDetector:
    """Implements `detecting.Detector`; `read` and `end` also raise RulesUnanswered."""

    __slots__ = (
        "_holds_text",
        "_kept",
        "_kept_from",
        "_lines",
        "_num_chars",
        "_open",
        "_patience",
        "_points",
        "_source",
        "_starts",
    )

    def __init__(self, source: ClassifierSource) -> None:
        self._source = source
        self._patience = Patience(source.patience_s)
        self._points = SentencePoints()
        self._num_chars = 0
        self._open: list[str] = []  # the sentence under way
        self._kept = ""  # the sentences before it that a window may still reach
        self._kept_from = 0
        self._starts: list[int] = []  # of the kept sentences
        self._lines = [line_for(rule) for rule in source.rules]
        self._holds_text = any(rule.holds_text for rule in source.rules)

    def copy(self) -> "ClassifierDetector":
        twin = ClassifierDetector(self._source)
        twin._points, twin._num_chars = self._points.copy(), self._num_chars
        twin._open, twin._kept, twin._kept_from = self._open.copy(), self._kept, self._kept_from
        twin._starts, twin._lines = self._starts.copy(), [line.copy() for line in self._lines]
        return twin

    @property
    def alive_from(self) -> int | None:
        if not self._holds_text:
            return None
        readings = [line.reading for line in self._lines if line.reading.rule.holds_text]
        starts = [reading.suspicion.start for reading in readings if reading.suspicion]
        if self._open:
            starts.append(self._num_chars - len(self._open))
        return min(starts, default=None)

    def read(self, char: str) -> Sequence[Found]:
        self._num_chars += 1
        self._open.append(char)
        if not self._points.read(char):
            return ()
        self._add_point()
        return _settled(outcome for line in self._lines for outcome in line.take())

    def end(self) -> Sequence[Found]:
        # A classifier is not asked about white space alone.
        if "".join(self._open).strip():
            self._add_point()
        self._open = []
        closed = [line.close() for line in self._lines]
        last = [found for _, suspected in closed for found in suspected]
        return _settled((outcome for outcomes, _ in closed for outcome in outcomes), last)

    def _add_point(self) -> None:
        """Ask every rule about the sentence that is over, and begin the next one."""
        sentence = "".join(self._open)
        point = Point(
            asked=self._source.asked,
            kept=self._kept,
            kept_from=self._kept_from,
            sentence=sentence,
            starts=self._starts,
            patience=self._patience,
        )
        for line in self._lines:
            line.add(point)
        # Sentences that no window can reach any more are forgotten.
        reach = point.end - self._source.max_window_chars
        self._starts = [start for start in (*self._starts, point.start) if start >= reach]
        kept_from = self._starts[0] if self._starts else point.end
        self._kept = (self._kept + sentence)[kept_from - self._kept_from :]
        self._kept_from, self._open = kept_from, []


def _settled(outcomes: Iterable[Outcome], last: Iterable[Found] = ()) -> Sequence[Found]:
    """:raises RulesUnanswered: if a rule got no answer."""
    outcomes = list(outcomes)
    spans = [*(found for outcome in outcomes for found in outcome.found), *last]
    found = sorted(spans, key=lambda one: (one.end, one.start, one.rule_number))
    unanswered = [Unanswered(one.rule_number, one.start, one.end, one.failure) for one in outcomes if one.failure]
    if unanswered:
        raise RulesUnanswered(unanswered, found=found)
    return found
