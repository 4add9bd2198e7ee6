"""
Finds classifier rules in a text that arrives in pieces. Owns when a score becomes a span and what may still become one.

At each point of `sentences` the last sentence is scored, and with it the answer so far: the sentences up to here, as
many as the classifier can judge at once, none that the rule has reported already. The worse of the two is the verdict.
A rule reports at one unsafe verdict, or at two in a row that count against the text, so after a first one it waits for
the next point. Where the text ends there is none: then the answer so far must have counted against the text itself.

Source of asking twice: Qwen3Guard, technical report (two consecutive tokens).
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from chatapp.moderation.classifiers.sentences import SentencePoints
from chatapp.moderation.classifiers.types import (
    Classifier,
    ClassifierError,
    ClassifierVerdict,
    Context,
    Labels,
    Strictness,
    Timing,
    counts_against,
    verdict_of,
)
from chatapp.moderation.detecting import Found


class ClassifierRuleInvalid(ValueError):
    """A classifier rule that must not be published; says why."""


class RulesUnanswered(ClassifierError):
    """
    Some rules got no answer about characters [start, end); `failures` by rule number, `found` what the others found.

    The detector stands behind those characters and may be read on: for these rules the text passed unjudged.
    """

    code = "classifier_rules_unanswered"

    def __init__(
        self, *, start: int, end: int, failures: Mapping[int, ClassifierError], found: Sequence[Found]
    ) -> None:
        causes = "; ".join(f"rule {number}: {error}" for number, error in failures.items())
        super().__init__(f"characters {start} to {end} are unjudged: {causes}")
        self.start, self.end = start, end
        self.failures = dict(failures)
        self.found = tuple(found)


class ClassifierRule(NamedTuple):
    """
    One rule on one label of one classifier.

    holds: the rule takes text away. timing: `gate` holds a sentence until its verdict; `trail` holds nothing and
    reports behind what was released.
    """

    rule_number: int
    holds: bool
    classifier: Classifier
    label: str
    threshold_controversial: float
    threshold_unsafe: float
    strictness: Strictness = Strictness.STRICT
    timing: Timing = Timing.GATE

    @property
    def holds_text(self) -> bool:
        return self.holds and self.timing is Timing.GATE

    def verdict(self, score: float) -> ClassifierVerdict:
        return verdict_of(
            score, threshold_controversial=self.threshold_controversial, threshold_unsafe=self.threshold_unsafe
        )

    def counts(self, score: float) -> bool:
        return counts_against(self.verdict(score), strictness=self.strictness)


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
    """Implements `detecting.DetectorSource`. Immutable; only `compile_classifiers` makes one."""

    __slots__ = ("asked", "max_window_chars", "rules")

    def __init__(self, rules: Sequence[ClassifierRule], *, asked: str) -> None:
        self.rules = tuple(rules)
        self.asked = asked
        self.max_window_chars = max((rule.classifier.max_window_chars for rule in rules), default=0)

    def answering(self, asked: str) -> "ClassifierSource":
        """The same rules, for texts that answer this."""
        return ClassifierSource(self.rules, asked=asked)

    def start(self) -> "ClassifierDetector":
        return ClassifierDetector(self)


class _Suspicion(NamedTuple):
    """A first verdict that counts against characters [start, end). by_answer: the answer so far counts on its own."""

    start: int
    end: int
    score: float
    by_answer: bool


class ClassifierDetector:
    """Implements `detecting.Detector`; `read` and `end` also raise RulesUnanswered."""

    __slots__ = (
        "_kept",
        "_kept_from",
        "_num_chars",
        "_open",
        "_points",
        "_reported_to",
        "_source",
        "_starts",
        "_suspicions",
    )

    def __init__(self, source: ClassifierSource) -> None:
        self._source = source
        self._points = SentencePoints()
        self._num_chars = 0
        self._open: list[str] = []  # the sentence under way
        self._kept = ""  # the sentences before it that a window may still reach
        self._kept_from = 0
        self._starts: list[int] = []  # of the kept sentences
        self._suspicions: dict[int, _Suspicion] = {}  # by the rule's place
        self._reported_to: dict[int, int] = {}  # by the rule's place: where its last span ended

    def copy(self) -> "ClassifierDetector":
        twin = ClassifierDetector(self._source)
        twin._points, twin._num_chars = self._points.copy(), self._num_chars
        twin._open, twin._kept, twin._kept_from = self._open.copy(), self._kept, self._kept_from
        twin._starts, twin._suspicions = self._starts.copy(), self._suspicions.copy()
        twin._reported_to = self._reported_to.copy()
        return twin

    @property
    def alive_from(self) -> int | None:
        rules = self._source.rules
        starts = [suspicion.start for place, suspicion in self._suspicions.items() if rules[place].holds_text]
        if self._open and any(rule.holds_text for rule in rules):
            starts.append(self._num_chars - len(self._open))
        return min(starts, default=None)

    def read(self, char: str) -> Sequence[Found]:
        self._num_chars += 1
        self._open.append(char)
        return self._judge().settled() if self._points.read(char) else ()

    def end(self) -> Sequence[Found]:
        # A classifier is not asked about white space alone.
        judgement = self._judge() if "".join(self._open).strip() else _Judgement(self._num_chars, self._num_chars)
        for place, suspicion in self._suspicions.items():
            if suspicion.by_answer:
                rule_number = self._source.rules[place].rule_number
                judgement.found.append(Found(rule_number, suspicion.start, suspicion.end, score=suspicion.score))
        self._suspicions, self._open = {}, []
        return judgement.settled()

    def _judge(self) -> "_Judgement":
        """Ask every rule about the sentence that is over, and begin the next one."""
        point = _Point(self._source.asked, self._kept, self._kept_from, "".join(self._open))
        judgement = _Judgement(point.start, point.end)
        for place, rule in enumerate(self._source.rules):
            try:
                judgement.found += self._weigh(place, rule, point)
            except ClassifierError as error:
                judgement.failures[rule.rule_number] = error
                self._suspicions.pop(place, None)
        self._begin_sentence(point)
        return judgement

    def _weigh(self, place: int, rule: ClassifierRule, point: "_Point") -> list[Found]:
        """What the rule makes of a point: a span, a suspicion, or neither."""
        first_start = max(point.end - rule.classifier.max_window_chars, self._reported_to.get(place, 0))
        window_start = next((start for start in self._starts if start >= first_start), point.start)
        answer_score = point.score(rule, window_start)
        score = max(point.score(rule, point.start), answer_score)
        before = self._suspicions.pop(place, None)
        start = before.start if before else point.start
        if rule.verdict(score) is ClassifierVerdict.UNSAFE or (before and rule.counts(score)):
            self._reported_to[place] = point.end
            return [Found(rule.rule_number, start, point.end, score=score)]
        if rule.counts(score):
            self._suspicions[place] = _Suspicion(start, point.end, score, rule.counts(answer_score))
        return []

    def _begin_sentence(self, point: "_Point") -> None:
        """Forget the sentences that no window can reach any more."""
        reach = point.end - self._source.max_window_chars
        self._starts = [start for start in (*self._starts, point.start) if start >= reach]
        kept_from = self._starts[0] if self._starts else point.end
        self._kept = (self._kept + point.sentence)[kept_from - self._kept_from :]
        self._kept_from, self._open = kept_from, []


class _Judgement:
    """What all rules made of characters [start, end)."""

    def __init__(self, start: int, end: int) -> None:
        self.start, self.end = start, end
        self.found: list[Found] = []
        self.failures: dict[int, ClassifierError] = {}

    def settled(self) -> Sequence[Found]:
        """:raises RulesUnanswered: if a rule got no answer."""
        found = sorted(self.found, key=lambda one: (one.end, one.start, one.rule_number))
        if self.failures:
            raise RulesUnanswered(start=self.start, end=self.end, failures=self.failures, found=found)
        return found


class _Point:
    """One place where classifiers are asked. Asks each only once about the same characters."""

    def __init__(self, asked: str, kept: str, kept_from: int, sentence: str) -> None:
        self.sentence = sentence
        self.start = kept_from + len(kept)
        self.end = self.start + len(sentence)
        self._asked = asked
        self._text = kept + sentence
        self._text_from = kept_from
        self._labels: dict[tuple[int, int], Labels] = {}

    def score(self, rule: ClassifierRule, start: int) -> float:
        """:raises ClassifierError: if the rule's classifier has no answer about the text from `start` to this point."""
        key = (id(rule.classifier), start)
        if key not in self._labels:
            before, text = self._text[: start - self._text_from], self._text[start - self._text_from :]
            self._labels[key] = rule.classifier.labels(text, Context(self._asked, before))
        return self._labels[key].score(rule.label)
