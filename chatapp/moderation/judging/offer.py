"""
What an installation offers to rules, as one value that is passed to whoever checks, compiles or judges them: the kinds
that a rule may be of, classifiers by name, embedding models, a judge by principles.

Says what a kind is; which kinds there are is `kinds.py`. Loads nothing before its first use, scores nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple, Self

from chatapp.moderation.judging.classifiers.absent import AbsentClassifier, AbsentEmbedder, AbsentJudge
from chatapp.moderation.judging.classifiers.types import Classifier, Embedder, PrinciplesJudge, Timing
from chatapp.moderation.judging.detecting import Glance
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import RuleKind


class ClassifierNameTaken(ValueError):
    """Two classifiers would have one name."""


class RuleProblem(NamedTuple):
    """Why a rule is refused: a stable code, and the entry it is about."""

    code: str
    phrase: str = ""


class Picked(NamedTuple):
    """A rule that looks at a stage, its number in the ruleset, and whether it takes text away there."""

    number: int
    rule: Rule
    holds: bool


class Reads(StrEnum):
    """How a detector meets a text: along with it, along with it while it asks classifiers, or whole."""

    ALONG = "along"
    ASKING = "asking"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class Detection:
    """
    A detector that all rules of one or several kinds share.

    compile: of what these rules ask, a `DetectorSource`, an `AskingSource` or a `Finder`, by how it reads. glance: of
    what was compiled; tells in a moment that a text holds nothing for it. None where every text is read.
    """

    compile: Callable[[Sequence[Any]], Any]
    glance: Callable[[Any], Glance | None] | None = None
    reads: Reads = Reads.ALONG


class Asked(NamedTuple):
    """What a kind asks of one detection: the patterns of each of its rules."""

    detection: Detection
    patterns: Callable[[Picked, "Offer"], Iterable[Any]]


def _no_problems(_rule: Rule, _offer: "Offer") -> Iterator[RuleProblem]:
    return iter(())


def _asks_no_model(_rule: Rule, _offer: "Offer") -> bool:
    return False


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of rule.

    fields: of the form of a rule, those that it needs beside what all rules have. found_by: what finds its matches in a
    text, and what it asks of that; none where something else finds them. problems: what keeps its entries and settings
    from being published. asks_model: whether a rule can judge in a model worker alone.

    is_of_keywords: whether its entries stand in the ruleset's dictionary, which finds them as written. holds_alone:
    whether it bounds by itself what a stream holds back, so that this can be measured without asking anybody.
    allows_phrases: whether its exceptions are phrases in whose midst a match does not count. throttles: whether it
    looks at what a person does, and slows them. may_be_talked_round: whether who writes a text may persuade it.
    """

    fields: tuple[str, ...] = ()
    found_by: tuple[Asked, ...] = ()
    problems: Callable[[Rule, "Offer"], Iterator[RuleProblem]] = _no_problems
    asks_model: Callable[[Rule, "Offer"], bool] = _asks_no_model
    is_of_keywords: bool = False
    holds_alone: bool = False
    allows_phrases: bool = True
    throttles: bool = False
    may_be_talked_round: bool = False

    @property
    def has_entries(self) -> bool:
        return "words" in self.fields

    @property
    def scores(self) -> bool:
        return any(asked.detection.reads is Reads.ASKING for asked in self.found_by)

    def trails(self, rule: Rule) -> bool:
        """Whether a rule's verdict on a stream comes behind what was released: it can end the text and mask nothing."""
        return self.scores and rule.options.timing is Timing.TRAIL

    def keywords(self, rule: Rule) -> Sequence[str]:
        return rule.words if self.is_of_keywords else ()

    def allow_phrases(self, rule: Rule) -> Sequence[str]:
        return rule.allow if self.allows_phrases else ()


Kinds = Mapping[RuleKind, Kind]


@dataclass(frozen=True, slots=True, eq=False)
class Offer:
    """
    classifiers: what makes one, by the name that rules give; always the same one. waiting: names of those that whoever
    asks has to wait for; models: of those among them that are in model workers alone. embedding_models: names that
    rules may give.

    embedders, judge: what answers in this process; without it a rule of its kind is left unanswered.
    """

    kinds: Kinds
    classifiers: Mapping[str, Callable[[], Classifier]] = field(default_factory=lambda: MappingProxyType({}))
    waiting: frozenset[str] = frozenset()
    models: frozenset[str] = frozenset()
    embedding_models: tuple[str, ...] = ()
    embedders: Mapping[str, Embedder] = field(default_factory=lambda: MappingProxyType({}))
    judge: PrinciplesJudge | None = None

    def kind(self, rule: Rule) -> Kind:
        return self.kinds[rule.kind]

    def asks_model(self, rule: Rule) -> bool:
        """Whether it can judge in a model worker alone."""
        return self.kind(rule).asks_model(rule, self)

    def classifier(self, name: str) -> Classifier:
        """A name that is not known any more gives one that cannot answer: what follows is decided by severity."""
        return self.classifiers[name]() if name in self.classifiers else AbsentClassifier(name)

    def classifier_waits(self, name: str) -> bool:
        """Whether the answer takes longer than a text may stand still for it. So does finding that there is none."""
        return name in self.waiting or name not in self.classifiers

    def embedder(self, name: str) -> Embedder:
        return self.embedders[name] if name in self.embedders else AbsentEmbedder(name)

    @property
    def principles_judge(self) -> PrinciplesJudge:
        return self.judge or AbsentJudge()

    def with_services(self, services: Mapping[str, Classifier]) -> Self:
        """
        With classifiers that answer anywhere, but who asks waits.

        :raises ClassifierNameTaken: by another classifier.
        """
        self._names_check(services)
        return replace(self, classifiers=self._and(services), waiting=self.waiting | services.keys())

    def with_models(self, names: Iterable[str]) -> Self:
        """
        With models that judge, which answer where they are served.

        :raises ClassifierNameTaken: by another classifier.
        """
        absent = {name: AbsentClassifier(name) for name in names}
        self._names_check(absent)
        return self._serving_models(absent)

    def with_embedding_models(self, names: Iterable[str]) -> Self:
        return replace(self, embedding_models=tuple(names))

    def serving(
        self,
        *,
        models: Mapping[str, Classifier] = MappingProxyType({}),
        embedders: Mapping[str, Embedder] = MappingProxyType({}),
        judge: PrinciplesJudge | None = None,
    ) -> Self:
        """The same where these answer."""
        served = self._serving_models(models)
        embedding = MappingProxyType({**self.embedders, **embedders})
        return replace(served, embedders=embedding, judge=judge or self.judge)

    def _serving_models(self, models: Mapping[str, Classifier]) -> Self:
        waiting, known = self.waiting.union(models), self.models.union(models)
        return replace(self, classifiers=self._and(models), waiting=waiting, models=known)

    def _names_check(self, names: Iterable[str]) -> None:
        for name in names:
            if name in self.classifiers and name not in self.models:
                raise ClassifierNameTaken(f"{name!r} is the name of another classifier")

    def _and(self, made: Mapping[str, Classifier]) -> Mapping[str, Callable[[], Classifier]]:
        more = {name: _always(classifier) for name, classifier in made.items()}
        return MappingProxyType({**self.classifiers, **more})


def _always(classifier: Classifier) -> Callable[[], Classifier]:
    return lambda: classifier
