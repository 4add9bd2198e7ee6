"""
The detectors of the rules that look at one stage: everything that finds but the automaton of keywords as written.

Owns which rule goes to which detector. Detectors are built once for the rules that look, and shared by all texts.
"""

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from chatapp.moderation.judging.channels.components import compile_components
from chatapp.moderation.judging.channels.emoji import compile_emoji
from chatapp.moderation.judging.channels.encoded import compile_encoded
from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy
from chatapp.moderation.judging.channels.initials import compile_initials
from chatapp.moderation.judging.channels.leet import compile_leet
from chatapp.moderation.judging.channels.pinyin import compile_pinyin
from chatapp.moderation.judging.channels.skip import compile_skip
from chatapp.moderation.judging.classifiers.detector import ClassifierSource, compile_classifiers
from chatapp.moderation.judging.classifiers.offer import Offer
from chatapp.moderation.judging.classifiers.principles import BROKEN, PrinciplesClassifier
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule
from chatapp.moderation.judging.classifiers.similarity import SIMILARITY, SimilarityClassifier
from chatapp.moderation.judging.classifiers.types import Classifier
from chatapp.moderation.judging.detecting import Channel, DetectorSource, Found, Keyword
from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, compile_regexes
from chatapp.moderation.judging.hidden_unicode import HiddenTextRule, compile_hidden_text
from chatapp.moderation.judging.personal_data.detector import Entity, PersonalDataRule, compile_personal_data
from chatapp.moderation.judging.rulesets.entry_problems import gapped_phrase
from chatapp.moderation.judging.rulesets.rule import SCORING_KINDS, Rule
from chatapp.moderation.judging.urls.detector import UrlRule, compile_urls
from chatapp.moderation.judging.verdict import RuleKind

_STREAM_CHANNELS: dict[Channel, Callable[[Sequence[Keyword]], DetectorSource]] = {
    Channel.SKIP: compile_skip,
    Channel.LEET: compile_leet,
    Channel.PINYIN: compile_pinyin,
}
_WHOLE_TEXT_CHANNELS: dict[Channel, Callable[[Sequence[Keyword]], "Finder"]] = {
    Channel.FUZZY: compile_fuzzy,
    Channel.COMPONENTS: compile_components,
    Channel.INITIALS: compile_initials,
    Channel.EMOJI: compile_emoji,
    Channel.ENCODED: compile_encoded,
}


class Finder(Protocol):
    """A compiled channel that sees whole texts only."""

    def find(self, text: str) -> list[Found]: ...


@dataclass(frozen=True, slots=True)
class Sources:
    """streaming, classifiers: read along with a text, the latter knowing what it answers. finders: see it whole."""

    streaming: tuple[DetectorSource, ...] = ()
    finders: tuple[Finder, ...] = ()
    classifiers: tuple[ClassifierSource, ...] = ()

    @property
    def any(self) -> bool:
        """Whether a text without a keyword may still have a match."""
        return bool(self.streaming or self.finders or self.classifiers)


def compile_sources(
    rules: Sequence[Rule], *, looking: Collection[int], holding: Collection[int], offer: Offer
) -> Sources:
    """looking: numbers of the rules that count at this stage; holding: those of them that take text away."""
    picked = _Picked(rules, looking, holding)
    keywords = {channel: picked.keywords(channel) for channel in (*_STREAM_CHANNELS, *_WHOLE_TEXT_CHANNELS)}
    channels = [compile_(keywords[channel]) for channel, compile_ in _STREAM_CHANNELS.items() if keywords[channel]]
    finders = [compile_(keywords[channel]) for channel, compile_ in _WHOLE_TEXT_CHANNELS.items() if keywords[channel]]
    return Sources((*channels, *picked.kinds()), tuple(finders), tuple(picked.classifiers(offer)))


class _Picked:
    """The rules that look, by what finds them."""

    def __init__(self, rules: Sequence[Rule], looking: Collection[int], holding: Collection[int]) -> None:
        self._rules = [(number, rules[number], number in holding) for number in sorted(looking)]

    def keywords(self, channel: Channel) -> list[Keyword]:
        return [
            Keyword(word, number, holds)
            for number, rule, holds in self._of(RuleKind.KEYWORD)
            if channel in rule.channels
            for word in rule.words
        ]

    def kinds(self) -> Iterator[DetectorSource]:
        patterns = [
            *(
                RegexPattern(entry, number, holds)
                for number, rule, holds in self._of(RuleKind.REGEX)
                for entry in rule.words
            ),
            *(
                RegexPattern(gapped_phrase(entry, max_gap_chars=rule.options.max_gap_chars), number, holds)
                for number, rule, holds in self._of(RuleKind.PHRASE)
                for entry in rule.words
            ),
        ]
        if patterns:
            yield compile_regexes(patterns)
        if personal := self._of(RuleKind.PERSONAL_DATA):
            yield compile_personal_data(
                [
                    PersonalDataRule(number, holds, frozenset(map(Entity, rule.words)))
                    for number, rule, holds in personal
                ]
            )
        if urls := self._of(RuleKind.URL):
            yield compile_urls(
                [UrlRule(number, holds, frozenset(rule.words), frozenset(rule.allow)) for number, rule, holds in urls]
            )
        if hidden := self._of(RuleKind.HIDDEN_UNICODE):
            yield compile_hidden_text([HiddenTextRule(number, holds) for number, _, holds in hidden])

    def classifiers(self, offer: Offer) -> Iterator[ClassifierSource]:
        if picked := self._of(*SCORING_KINDS):
            yield compile_classifiers([_classifier_rule(*one, offer) for one in picked])

    def _of(self, *kinds: RuleKind) -> list[tuple[int, Rule, bool]]:
        return [picked for picked in self._rules if picked[1].kind in kinds]


def _classifier_and_label(rule: Rule, offer: Offer) -> tuple[Classifier, str]:
    """What scores its texts, and which of the scores counts."""
    match rule.kind:
        case RuleKind.SIMILARITY:
            return SimilarityClassifier(offer.embedder(rule.options.classifier), rule.words), SIMILARITY
        case RuleKind.JUDGE:
            return PrinciplesClassifier(offer.principles_judge, rule.words), BROKEN
        case _:
            return offer.classifier(rule.options.classifier), rule.options.label


def _classifier_rule(number: int, rule: Rule, holds: Any, offer: Offer) -> ClassifierRule:
    options = rule.options
    classifier, label = _classifier_and_label(rule, offer)
    return ClassifierRule(
        rule_number=number,
        holds=holds,
        classifier=classifier,
        label=label,
        threshold_controversial=options.threshold_controversial,
        threshold_unsafe=options.threshold_unsafe,
        strictness=options.strictness,
        timing=options.timing,
        has_principles=rule.kind is RuleKind.JUDGE,
        waits=rule.asks_model(offer) or offer.classifier_waits(options.classifier),
    )


class GivenDetector:
    """
    Reports what was found in the whole text beforehand, each span at its last character. See detecting.Detector.

    found: in order of their ends. holding: rules that take text away.
    """

    def __init__(self, found: Sequence[Found], *, holding: Collection[int]) -> None:
        self._found = sorted(found, key=lambda one: (one.end, one.start, one.rule_number))
        self._holding = holding
        self._num_reported = 0
        self._num_chars = 0

    def read(self, char: str) -> Sequence[Found]:  # noqa: ARG002  # what it is was looked at before
        self._num_chars += 1
        first = self._num_reported
        while self._num_reported < len(self._found) and self._found[self._num_reported].end <= self._num_chars:
            self._num_reported += 1
        return self._found[first : self._num_reported]

    def end(self) -> Sequence[Found]:
        return ()

    @property
    def alive_from(self) -> int | None:
        open_ = self._found[self._num_reported :]
        return min((one.start for one in open_ if one.rule_number in self._holding), default=None)

    def copy(self) -> "GivenDetector":
        twin = GivenDetector(self._found, holding=self._holding)
        twin._num_reported, twin._num_chars = self._num_reported, self._num_chars
        return twin
