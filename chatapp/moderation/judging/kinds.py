"""
Every kind of rule in one table: what its rules ask of which detector, what is wrong with them, which fields they need.

A new kind is an entry here, its detector, and its sentences (choices.py, admin/kind_fields.py). Keywords as written are
found by the ruleset's own automaton (compiling.py), conduct by conduct.py, pieces of a prompt by prompt_leakage.py.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, NamedTuple

from chatapp.moderation.judging.classifiers.detector import ClassifierSource, compile_classifiers
from chatapp.moderation.judging.classifiers.offer import Offer
from chatapp.moderation.judging.classifiers.principles import BROKEN, PrinciplesClassifier
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule
from chatapp.moderation.judging.classifiers.similarity import SIMILARITY, SimilarityClassifier
from chatapp.moderation.judging.classifiers.types import Classifier, Timing
from chatapp.moderation.judging.detecting import DetectorSource
from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, RegexSource, compile_regexes
from chatapp.moderation.judging.expressions.regex_glance import regex_glance
from chatapp.moderation.judging.glances import CHANNEL_GLANCES, Glance, personal_data_glance, url_glance
from chatapp.moderation.judging.hidden_unicode import (
    HiddenTextRule,
    HiddenTextRules,
    compile_hidden_text,
    holds_invisible,
)
from chatapp.moderation.judging.personal_data.detector import (
    Entity,
    PersonalDataRule,
    PersonalDataRules,
    compile_personal_data,
)
from chatapp.moderation.judging.rulesets.entry_problems import (
    RuleProblem,
    classifier_problems,
    conduct_problems,
    gapped_phrase,
    judge_problems,
    personal_data_problems,
    phrase_problems,
    prompt_problems,
    regex_problems,
    similarity_problems,
    url_problems,
)
from chatapp.moderation.judging.rulesets.keyword_problems import keyword_problems
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.urls.detector import UrlRule, UrlRules, compile_urls
from chatapp.moderation.judging.verdict import RuleKind


class Picked(NamedTuple):
    """A rule that looks at a stage, its number in the ruleset, and whether it takes text away there."""

    number: int
    rule: Rule
    holds: bool


@dataclass(frozen=True, slots=True)
class Detection:
    """
    A detector that all rules of one or several kinds share.

    compile: of what these rules ask. source: what it makes. glance: tells in a moment that a text holds nothing for it;
    None where every text is read.
    """

    compile: Callable[[Sequence[Any]], DetectorSource]
    source: type[DetectorSource]
    glance: Callable[[Any], Glance | None] | None = None


REGEXES = Detection(compile_regexes, RegexSource, regex_glance)
PERSONAL_DATA = Detection(compile_personal_data, PersonalDataRules, personal_data_glance)
URLS = Detection(compile_urls, UrlRules, url_glance)
HIDDEN_TEXT = Detection(compile_hidden_text, HiddenTextRules, lambda _source: holds_invisible)
CLASSIFIERS = Detection(compile_classifiers, ClassifierSource)


def _no_problems(_rule: Rule, _offer: Offer) -> Iterator[RuleProblem]:
    return iter(())


def _asks_nothing(_picked: Picked, _offer: Offer) -> Iterable[Any]:
    return ()


def _asks_no_model(_rule: Rule, _offer: Offer) -> bool:
    return False


def _asks_model_always(_rule: Rule, _offer: Offer) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Kind:
    """
    One kind of rule.

    fields: of the form of a rule, those that it needs beside what all rules have. detection, asks: what finds its
    matches in a text, and what one rule asks of that; none where something else finds them. problems: what keeps its
    entries and settings from being published. asks_model: whether a rule can judge in a model worker alone.

    holds_alone: whether it bounds by itself what a stream holds back, so that this can be measured without asking
    anybody. allows_phrases: whether its exceptions are phrases in whose midst a match does not count. throttles:
    whether it looks at what a person does, and slows them. may_be_talked_round: whether who writes a text may persuade
    it.
    """

    fields: tuple[str, ...] = ()
    detection: Detection | None = None
    asks: Callable[[Picked, Offer], Iterable[Any]] = _asks_nothing
    problems: Callable[[Rule, Offer], Iterator[RuleProblem]] = _no_problems
    asks_model: Callable[[Rule, Offer], bool] = _asks_no_model
    holds_alone: bool = False
    allows_phrases: bool = True
    throttles: bool = False
    may_be_talked_round: bool = False

    @property
    def has_entries(self) -> bool:
        return "words" in self.fields

    @property
    def scores(self) -> bool:
        return self.detection is CLASSIFIERS

    def trails(self, rule: Rule) -> bool:
        """Whether a rule's verdict on a stream comes behind what was released: it can end the text and mask nothing."""
        return self.scores and rule.options.timing is Timing.TRAIL

    def allow_phrases(self, rule: Rule) -> Sequence[str]:
        return rule.allow if self.allows_phrases else ()


Kinds = Mapping[RuleKind, Kind]


# --- what a rule of each kind asks of its detector -------------------------------------------------------------------


def _regexes(picked: Picked, _offer: Offer) -> Iterator[RegexPattern]:
    return (RegexPattern(entry, picked.number, picked.holds) for entry in picked.rule.words)


def _phrases(picked: Picked, _offer: Offer) -> Iterator[RegexPattern]:
    max_gap_chars = picked.rule.options.max_gap_chars
    for entry in picked.rule.words:
        yield RegexPattern(gapped_phrase(entry, max_gap_chars=max_gap_chars), picked.number, picked.holds)


def _personal_data(picked: Picked, _offer: Offer) -> Iterator[PersonalDataRule]:
    yield PersonalDataRule(picked.number, picked.holds, frozenset(map(Entity, picked.rule.words)))


def _urls(picked: Picked, _offer: Offer) -> Iterator[UrlRule]:
    yield UrlRule(picked.number, picked.holds, frozenset(picked.rule.words), frozenset(picked.rule.allow))


def _hidden_text(picked: Picked, _offer: Offer) -> Iterator[HiddenTextRule]:
    yield HiddenTextRule(picked.number, picked.holds)


def _classifier(picked: Picked, offer: Offer) -> Iterator[ClassifierRule]:
    options = picked.rule.options
    waits = options.classifier in offer.models or offer.classifier_waits(options.classifier)
    yield _scored(picked, offer.classifier(options.classifier), options.label, waits=waits)


def _similarity(picked: Picked, offer: Offer) -> Iterator[ClassifierRule]:
    embedder = offer.embedder(picked.rule.options.classifier)
    yield _scored(picked, SimilarityClassifier(embedder, picked.rule.words), SIMILARITY, waits=True)


def _judge(picked: Picked, offer: Offer) -> Iterator[ClassifierRule]:
    classifier = PrinciplesClassifier(offer.principles_judge, picked.rule.words)
    yield _scored(picked, classifier, BROKEN, waits=True, has_principles=True)


def _scored(
    picked: Picked, classifier: Classifier, label: str, *, waits: bool, has_principles: bool = False
) -> ClassifierRule:
    options = picked.rule.options
    return ClassifierRule(
        rule_number=picked.number,
        holds=picked.holds,
        classifier=classifier,
        label=label,
        threshold_controversial=options.threshold_controversial,
        threshold_unsafe=options.threshold_unsafe,
        strictness=options.strictness,
        timing=options.timing,
        has_principles=has_principles,
        waits=waits,
    )


_ENTRIES = ("words", "allow_phrases")
_SCORES = ("threshold_controversial", "threshold_unsafe", "strictness", "timing")

KINDS: Kinds = MappingProxyType(
    {
        RuleKind.KEYWORD: Kind(
            fields=(*_ENTRIES, "channels"),
            problems=lambda rule, _offer: keyword_problems(rule),
            holds_alone=True,
        ),
        RuleKind.PHRASE: Kind(
            fields=(*_ENTRIES, "max_gap_chars"),
            detection=REGEXES,
            asks=_phrases,
            problems=lambda rule, _offer: phrase_problems(rule.words, rule.options),
            holds_alone=True,
        ),
        RuleKind.REGEX: Kind(
            fields=_ENTRIES,
            detection=REGEXES,
            asks=_regexes,
            problems=lambda rule, _offer: regex_problems(rule.words),
            holds_alone=True,
        ),
        RuleKind.PERSONAL_DATA: Kind(
            fields=_ENTRIES,
            detection=PERSONAL_DATA,
            asks=_personal_data,
            problems=lambda rule, _offer: personal_data_problems(rule.words),
            holds_alone=True,
        ),
        RuleKind.URL: Kind(
            fields=_ENTRIES,
            detection=URLS,
            asks=_urls,
            problems=lambda rule, _offer: url_problems(rule.words, rule.allow),
            holds_alone=True,
            allows_phrases=False,  # its exceptions are domains
        ),
        RuleKind.HIDDEN_UNICODE: Kind(detection=HIDDEN_TEXT, asks=_hidden_text, holds_alone=True),
        RuleKind.CLASSIFIER: Kind(
            fields=("classifier", "label", *_SCORES),
            detection=CLASSIFIERS,
            asks=_classifier,
            problems=lambda rule, offer: classifier_problems(rule.options, offer),
            asks_model=lambda rule, offer: rule.options.classifier in offer.models,
        ),
        RuleKind.CONDUCT: Kind(
            fields=("num_hits", "window_s", "categories"),
            problems=lambda rule, _offer: conduct_problems(rule.options),
            throttles=True,
        ),
        RuleKind.SYSTEM_PROMPT: Kind(problems=lambda rule, _offer: prompt_problems(rule.action, rule.stages)),
        RuleKind.SIMILARITY: Kind(
            fields=(*_ENTRIES, "classifier", *_SCORES),
            detection=CLASSIFIERS,
            asks=_similarity,
            problems=lambda rule, offer: similarity_problems(rule.words, rule.options, offer),
            asks_model=_asks_model_always,
        ),
        RuleKind.JUDGE: Kind(
            fields=(*_ENTRIES, *_SCORES),
            detection=CLASSIFIERS,
            asks=_judge,
            problems=lambda rule, _offer: judge_problems(rule.words, rule.options),
            asks_model=_asks_model_always,
            may_be_talked_round=True,
        ),
    }
)


def trails(rule: Rule) -> bool:
    return KINDS[rule.kind].trails(rule)


def glance_of(source: DetectorSource, kinds: Kinds = KINDS) -> Glance | None:
    """None for a source that has to read every text: a classifier, or one that is not known here."""
    detections = (kind.detection for kind in kinds.values())
    of_kinds = {detection.source: detection.glance for detection in detections if detection}
    make_glance = {**CHANNEL_GLANCES, **of_kinds}.get(type(source))
    return make_glance(source) if make_glance else None
