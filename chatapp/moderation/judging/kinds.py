"""
Every kind of rule in one table: what its rules ask of which detector, what is wrong with them, which fields they need.

A new kind is an entry here, its detector, and its sentences (choices.py, admin/kind_fields.py). What an entry says is
`offer.Kind`; whoever needs a kind is handed the table with what an installation offers. Keywords as written are found
by the ruleset's own automaton (compiling.py), conduct by conduct.py, pieces of a prompt by prompt_leakage.py.
"""

from collections.abc import Iterator
from functools import partial
from types import MappingProxyType

from chatapp.moderation.judging.channels.components import compile_components
from chatapp.moderation.judging.channels.emoji import compile_emoji
from chatapp.moderation.judging.channels.encoded import compile_encoded
from chatapp.moderation.judging.channels.fuzzy import compile_fuzzy
from chatapp.moderation.judging.channels.initials import compile_initials
from chatapp.moderation.judging.channels.leet import compile_leet
from chatapp.moderation.judging.channels.pinyin import compile_pinyin
from chatapp.moderation.judging.channels.skip import compile_skip
from chatapp.moderation.judging.classifiers.detector import compile_classifiers
from chatapp.moderation.judging.classifiers.principles import BROKEN, PrinciplesClassifier
from chatapp.moderation.judging.classifiers.rule_reading import ClassifierRule
from chatapp.moderation.judging.classifiers.similarity import SIMILARITY, SimilarityClassifier
from chatapp.moderation.judging.classifiers.types import Classifier
from chatapp.moderation.judging.detecting import Keyword
from chatapp.moderation.judging.expressions.regex_detector import RegexPattern, compile_regexes
from chatapp.moderation.judging.expressions.regex_glance import regex_glance
from chatapp.moderation.judging.glances import leet_glance, personal_data_glance, pinyin_glance, skip_glance, url_glance
from chatapp.moderation.judging.hidden_unicode import (
    HiddenTextRule,
    compile_hidden_text,
    holds_invisible,
)
from chatapp.moderation.judging.offer import Asked, Detection, Kind, Kinds, Offer, Picked, Reads
from chatapp.moderation.judging.personal_data.detector import (
    Entity,
    PersonalDataRule,
    compile_personal_data,
)
from chatapp.moderation.judging.rulesets.entry_problems import (
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
from chatapp.moderation.judging.urls.detector import UrlRule, compile_urls
from chatapp.moderation.judging.verdict import Channel, RuleKind

REGEXES = Detection(compile_regexes, regex_glance)
PERSONAL_DATA = Detection(compile_personal_data, personal_data_glance)
URLS = Detection(compile_urls, url_glance)
HIDDEN_TEXT = Detection(compile_hidden_text, lambda _source: holds_invisible)
CLASSIFIERS = Detection(compile_classifiers, reads=Reads.ASKING)
# How keywords are seen through disguise, in this order.
CHANNELS = {
    Channel.SKIP: Detection(compile_skip, skip_glance),
    Channel.LEET: Detection(compile_leet, leet_glance),
    Channel.PINYIN: Detection(compile_pinyin, pinyin_glance),
    Channel.FUZZY: Detection(compile_fuzzy, reads=Reads.WHOLE),
    Channel.COMPONENTS: Detection(compile_components, reads=Reads.WHOLE),
    Channel.INITIALS: Detection(compile_initials, reads=Reads.WHOLE),
    Channel.EMOJI: Detection(compile_emoji, reads=Reads.WHOLE),
    Channel.ENCODED: Detection(compile_encoded, reads=Reads.WHOLE),
}


# --- what a rule of each kind asks of its detector -------------------------------------------------------------------


def _keywords(channel: Channel, picked: Picked, _offer: Offer) -> Iterator[Keyword]:
    for word in picked.rule.words if channel in picked.rule.channels else ():
        yield Keyword(word, picked.number, picked.holds)


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


def _always(_rule: Rule, _offer: Offer) -> bool:
    return True


_ENTRIES = ("words", "allow_phrases")
_SCORES = ("threshold_controversial", "threshold_unsafe", "strictness", "timing")

KINDS: Kinds = MappingProxyType(
    {
        RuleKind.KEYWORD: Kind(
            fields=(*_ENTRIES, "channels"),
            found_by=tuple(Asked(found, partial(_keywords, channel)) for channel, found in CHANNELS.items()),
            problems=lambda rule, _offer: keyword_problems(rule),
            is_of_keywords=True,
            holds_alone=True,
        ),
        RuleKind.PHRASE: Kind(
            fields=(*_ENTRIES, "max_gap_chars"),
            found_by=(Asked(REGEXES, _phrases),),
            problems=lambda rule, _offer: phrase_problems(rule.words, rule.options),
            holds_alone=True,
        ),
        RuleKind.REGEX: Kind(
            fields=_ENTRIES,
            found_by=(Asked(REGEXES, _regexes),),
            problems=lambda rule, _offer: regex_problems(rule.words),
            holds_alone=True,
        ),
        RuleKind.PERSONAL_DATA: Kind(
            fields=_ENTRIES,
            found_by=(Asked(PERSONAL_DATA, _personal_data),),
            problems=lambda rule, _offer: personal_data_problems(rule.words),
            holds_alone=True,
        ),
        RuleKind.URL: Kind(
            fields=_ENTRIES,
            found_by=(Asked(URLS, _urls),),
            problems=lambda rule, _offer: url_problems(rule.words, rule.allow),
            holds_alone=True,
            allows_phrases=False,  # its exceptions are domains
        ),
        RuleKind.HIDDEN_UNICODE: Kind(found_by=(Asked(HIDDEN_TEXT, _hidden_text),), holds_alone=True),
        RuleKind.CLASSIFIER: Kind(
            fields=("classifier", "label", *_SCORES),
            found_by=(Asked(CLASSIFIERS, _classifier),),
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
            found_by=(Asked(CLASSIFIERS, _similarity),),
            problems=lambda rule, offer: similarity_problems(rule.words, rule.options, offer),
            asks_model=_always,
        ),
        RuleKind.JUDGE: Kind(
            fields=(*_ENTRIES, *_SCORES),
            found_by=(Asked(CLASSIFIERS, _judge),),
            problems=lambda rule, _offer: judge_problems(rule.words, rule.options),
            asks_model=_always,
            may_be_talked_round=True,
        ),
    }
)
