"""
What one classifier rule makes of one text, point after point. Owns when a score becomes a span.

At each point the last sentence is scored, and with it the answer so far: the sentences up to here, as many as the
classifier can judge at once, none that the rule has reported already. The worse of the two is the verdict. A rule
reports at one unsafe verdict, or at two in a row that count against the text, so after a first one it waits for the
next point. Where the text ends there is none: then the answer so far must have counted against the text itself.

Source of asking twice: Qwen3Guard, technical report (two consecutive tokens).
"""

from typing import NamedTuple

from chatapp.moderation.judging.classifiers.point import Point
from chatapp.moderation.judging.classifiers.principles import most_broken
from chatapp.moderation.judging.classifiers.types import (
    Classifier,
    ClassifierError,
    ClassifierVerdict,
    Labels,
    Strictness,
    Timing,
    counts_against,
    verdict_of,
)
from chatapp.moderation.judging.detecting import Found


class ClassifierRule(NamedTuple):
    """
    One rule on one label of one classifier.

    holds: the rule takes text away. timing: `gate` holds a sentence until its verdict; `trail` holds nothing and
    reports behind what was released. waits: the classifier does not answer at once, so that what need not wait for it
    is not made to. has_principles: the other labels are the numbers of principles.
    """

    rule_number: int
    holds: bool
    classifier: Classifier
    label: str
    threshold_controversial: float
    threshold_unsafe: float
    strictness: Strictness = Strictness.STRICT
    timing: Timing = Timing.GATE
    waits: bool = False
    has_principles: bool = False

    @property
    def holds_text(self) -> bool:
        return self.holds and self.timing is Timing.GATE

    def verdict(self, score: float) -> ClassifierVerdict:
        return verdict_of(
            score, threshold_controversial=self.threshold_controversial, threshold_unsafe=self.threshold_unsafe
        )

    def counts(self, score: float) -> bool:
        return counts_against(self.verdict(score), strictness=self.strictness)


class Suspicion(NamedTuple):
    """A first verdict that counts against characters [start, end). by_answer: the answer so far counts on its own."""

    start: int
    end: int
    labels: Labels
    by_answer: bool


class RuleReading:
    """Stands behind the points it weighed. One thread at a time."""

    __slots__ = ("_reported_to", "rule", "suspicion")

    def __init__(self, rule: ClassifierRule) -> None:
        self.rule = rule
        self.suspicion: Suspicion | None = None
        self._reported_to = 0

    def copy(self) -> "RuleReading":
        twin = RuleReading(self.rule)
        twin.suspicion, twin._reported_to = self.suspicion, self._reported_to
        return twin

    def weigh(self, point: Point) -> list[Found]:
        """
        A span, or none; perhaps a suspicion.

        :raises ClassifierError: for this rule the sentence passed unjudged; the next point may be weighed.
        """
        before, self.suspicion = self.suspicion, None
        answer, worst = self._labels(point)
        score = worst.score(self.rule.label)
        start = before.start if before else point.start
        if self.rule.verdict(score) is ClassifierVerdict.UNSAFE or (before and self.rule.counts(score)):
            self._reported_to = point.end
            return [self._found(start, point.end, worst)]
        if self.rule.counts(score):
            self.suspicion = Suspicion(start, point.end, worst, self.rule.counts(answer.score(self.rule.label)))
        return []

    def close(self) -> list[Found]:
        """The text is over."""
        suspicion, self.suspicion = self.suspicion, None
        if suspicion is None or not suspicion.by_answer:
            return []
        return [self._found(suspicion.start, suspicion.end, suspicion.labels)]

    def _labels(self, point: Point) -> tuple[Labels, Labels]:
        """Of the answer so far, and the worse of that and the sentence."""
        classifier = self.rule.classifier
        start = point.window_start(reach=classifier.max_window_chars, reported_to=self._reported_to)
        answer = point.labels(classifier, start=start)
        sentence = point.labels(classifier, start=point.start)
        return answer, max(answer, sentence, key=lambda labels: labels.score(self.rule.label))

    def _found(self, start: int, end: int, labels: Labels) -> Found:
        principle = most_broken(labels) if self.rule.has_principles else None
        return Found(self.rule.rule_number, start, end, score=labels.score(self.rule.label), principle=principle)


class Outcome(NamedTuple):
    """What a rule made of characters [start, end); failure: it got no answer about them."""

    rule_number: int
    start: int
    end: int
    found: tuple[Found, ...] = ()
    failure: ClassifierError | None = None


def outcome_of(reading: RuleReading, point: Point) -> Outcome:
    number = reading.rule.rule_number
    try:
        return Outcome(number, point.start, point.end, tuple(reading.weigh(point)))
    except ClassifierError as failure:
        return Outcome(number, point.start, point.end, failure=failure)
