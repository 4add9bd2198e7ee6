"""
One rule as an immutable value, and what keeps it from being published. Knows no other rule and no database.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from chatapp.moderation.judging.classifiers.offer import BUNDLED_ALONE, Offer
from chatapp.moderation.judging.classifiers.types import Timing
from chatapp.moderation.judging.detecting import STREAM_CHANNELS, Channel
from chatapp.moderation.judging.rulesets.entry_problems import (
    RuleProblem,
    classifier_problems,
    conduct_problems,
    judge_problems,
    personal_data_problems,
    phrase_problems,
    regex_problems,
    similarity_problems,
    url_problems,
)
from chatapp.moderation.judging.rulesets.rule_options import RuleOptions
from chatapp.moderation.judging.text.normalise import WORD_END, WORD_START, pattern_symbols
from chatapp.moderation.judging.verdict import (
    ENDING_ACTIONS,
    HOLDING_ACTIONS,
    STAGES_OF_THE_MODEL,
    SUPPORTED_ACTIONS,
    Action,
    RuleKind,
    RuleState,
    Stage,
)

SEVERITIES = range(1, 5)
MIN_BLOCK_SYMBOLS = 2
# A keyword's length bounds what the stream may hold back.
MAX_WORD_SYMBOLS = 100
# Their tries are built in every process; the strict automaton alone is built once for all.
MAX_WORDS_IN_CHANNELS = 5_000
KINDS_WITHOUT_ENTRIES = frozenset(
    {RuleKind.HIDDEN_UNICODE, RuleKind.CLASSIFIER, RuleKind.CONDUCT, RuleKind.SYSTEM_PROMPT}
)
# Pieces of a prompt overlap: a text in the place of each would stand there many times.
PROMPT_ACTIONS = frozenset({Action.FLAG, Action.REDACT, Action.BLOCK})
# They put something in the place of single words, which must not have left.
MASKING_ACTIONS = frozenset({Action.REDACT, Action.REPLACE})
SCORING_KINDS = frozenset({RuleKind.CLASSIFIER, RuleKind.SIMILARITY, RuleKind.JUDGE})
# Their texts are stored, and shown, by processes that have no model.
STAGES_WITHOUT_MODELS = frozenset({Stage.TEMPLATE, Stage.ATTACHMENT})
STATES_IN_FORCE = frozenset({RuleState.SHADOW, RuleState.ENFORCING})


class RulesetInvalid(ValueError):
    """A ruleset or rule that must not be published; says which rule and why."""


@dataclass(frozen=True, slots=True)
class Rule:
    """
    One rule as published.

    words: its entries, of its kind: phrases that match (a Latin word only where it stands alone), phrases with gaps,
    patterns, entities of personal data, domains. channels: how keywords are seen through disguise; strict always.
    allow: phrases that cancel this rule's matches inside them; for domains, those that are not meant. notices: sentence
    for the person, by language ("en", "zh-hans"). replacement: for action `replace`. safe_completions: for that action,
    the operator's answer, by language. options: settings of its kind.
    """

    id: str
    revision: int
    category: str
    severity: int
    action: Action
    state: RuleState
    stages: frozenset[Stage]
    words: tuple[str, ...]
    allow: tuple[str, ...] = ()
    notices: Mapping[str, str] = field(default_factory=dict)
    replacement: str = ""
    kind: RuleKind = RuleKind.KEYWORD
    channels: frozenset[Channel] = frozenset({Channel.STRICT})
    options: RuleOptions = field(default_factory=RuleOptions)
    safe_completions: Mapping[str, str] = field(default_factory=dict)

    @property
    def enforced(self) -> bool:
        return self.state is RuleState.ENFORCING

    @property
    def holds(self) -> bool:
        """Whether it may take text away, so that a stream has to wait for it."""
        return self.enforced and self.action in HOLDING_ACTIONS

    def asks_model(self, offer: Offer) -> bool:
        """Whether it can judge in a model worker alone."""
        if self.kind is RuleKind.CLASSIFIER:
            return self.options.classifier in offer.models
        return self.kind in {RuleKind.SIMILARITY, RuleKind.JUDGE}

    @property
    def trails(self) -> bool:
        """Whether its verdict on a stream comes behind what was released: it can end the text and mask nothing."""
        return self.kind in SCORING_KINDS and self.options.timing is Timing.TRAIL

    def withholds_at(self, stage: Stage) -> bool:
        """Whether it may keep a text at this stage from whoever it is for."""
        is_of_stage = self.action is not Action.SAFE_COMPLETION or stage in STAGES_OF_THE_MODEL
        return self.holds and stage in self.stages and is_of_stage

    @classmethod
    def from_json(cls, raw: Mapping[str, Any], *, offer: Offer = BUNDLED_ALONE) -> Self:
        """:raises RulesetInvalid: for a missing field, an unknown word, or a rule with problems."""
        rule = cls.from_checked_json(raw)
        for problem in rule_problems(rule, offer=offer):
            raise RulesetInvalid(f"rule {rule.id!r}: {problem.code} {problem.phrase!r}")
        return rule

    @classmethod
    def from_checked_json(cls, raw: Mapping[str, Any]) -> Self:
        """
        Of a rule whose problems were looked for before: for 100,000 words that takes a third of a second.

        :raises RulesetInvalid: for a missing field, an unknown word or an action that is only a word.
        """
        try:
            rule = cls(
                id=str(raw["id"]),
                revision=int(raw["revision"]),
                category=str(raw["category"]),
                severity=int(raw["severity"]),
                action=Action(raw["action"]),
                state=RuleState(raw["state"]),
                stages=frozenset(map(Stage, raw["stages"])),
                words=tuple(map(str, raw["words"])),
                allow=tuple(map(str, raw["allow"])),
                notices={str(language): str(notice) for language, notice in raw["notices"].items()},
                replacement=str(raw["replacement"]),
                # Rulesets of before had keywords alone.
                kind=RuleKind(raw.get("kind", RuleKind.KEYWORD)),
                channels=frozenset(map(Channel, raw.get("channels", [Channel.STRICT]))),
                options=RuleOptions.from_json(raw.get("options", {})),
                safe_completions={str(name): str(text) for name, text in raw.get("safe_completions", {}).items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise RulesetInvalid(f"rule {raw.get('id', '?')!r} cannot be read: {error!r}") from error
        if rule.action not in SUPPORTED_ACTIONS:
            raise RulesetInvalid(f"rule {rule.id!r}: action_unsupported {rule.action!r}")
        return rule

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "revision": self.revision,
            "category": self.category,
            "severity": self.severity,
            "action": self.action.value,
            "state": self.state.value,
            "stages": sorted(self.stages),
            "words": list(self.words),
            "allow": list(self.allow),
            "notices": dict(self.notices),
            "replacement": self.replacement,
            "kind": self.kind.value,
            "channels": sorted(self.channels),
            "options": self.options.to_json(),
            "safe_completions": dict(self.safe_completions),
        }


def rule_problems(rule: Rule, *, offer: Offer) -> Iterator[RuleProblem]:
    """Everything that keeps this rule from being published; nothing if it may be."""
    if rule.action not in SUPPORTED_ACTIONS:
        yield RuleProblem("action_unsupported", rule.action)
    if rule.severity not in SEVERITIES:
        yield RuleProblem("severity_out_of_range", str(rule.severity))
    if rule.state not in STATES_IN_FORCE:
        yield RuleProblem("state_not_in_force", rule.state)
    if not rule.stages:
        yield RuleProblem("stages_missing")
    if (rule.action is Action.THROTTLE) is not (rule.kind is RuleKind.CONDUCT):
        yield RuleProblem("action_not_of_kind")
    if rule.kind is RuleKind.SYSTEM_PROMPT:
        yield from _prompt_problems(rule)
    yield from _entry_problems(rule, offer)
    yield from _model_problems(rule, offer)
    yield from _blank_allow_problems(rule)
    yield from _replacement_problems(rule)
    if rule.action is Action.SAFE_COMPLETION and not any(map(str.strip, rule.safe_completions.values())):
        yield RuleProblem("safe_completion_missing")


def _entry_problems(rule: Rule, offer: Offer) -> Iterator[RuleProblem]:
    """Of the entries, by kind; an exhaustive match, so that a new kind is not forgotten."""
    if not rule.words and rule.kind not in KINDS_WITHOUT_ENTRIES:
        yield RuleProblem("words_missing")
    match rule.kind:
        case RuleKind.KEYWORD:
            yield from _word_problems(rule)
            yield from _allow_problems(rule)
            yield from _channel_problems(rule)
        case RuleKind.PHRASE:
            yield from phrase_problems(rule.words, rule.options)
        case RuleKind.REGEX:
            yield from regex_problems(rule.words)
        case RuleKind.PERSONAL_DATA:
            yield from personal_data_problems(rule.words)
        case RuleKind.URL:
            yield from url_problems(rule.words, rule.allow)
        case RuleKind.HIDDEN_UNICODE | RuleKind.SYSTEM_PROMPT:
            pass
        case RuleKind.CLASSIFIER | RuleKind.SIMILARITY | RuleKind.JUDGE:
            yield from _scoring_problems(rule, offer)
        case RuleKind.CONDUCT:
            yield from conduct_problems(rule.options)


def _scoring_problems(rule: Rule, offer: Offer) -> Iterator[RuleProblem]:
    if rule.kind is RuleKind.SIMILARITY:
        yield from similarity_problems(rule.words, rule.options, offer)
    elif rule.kind is RuleKind.JUDGE:
        yield from judge_problems(rule.words, rule.options)
    else:
        yield from classifier_problems(rule.options, offer)


def _model_problems(rule: Rule, offer: Offer) -> Iterator[RuleProblem]:
    """Of when a model's verdict comes: what is stored or has left by then cannot be masked."""
    if rule.asks_model(offer):
        if Stage.INPUT in rule.stages and rule.action in MASKING_ACTIONS:
            yield RuleProblem("model_masks_no_input")
        if rule.stages & STAGES_WITHOUT_MODELS:
            yield RuleProblem("model_sees_no_template")
    if rule.trails and rule.action in MASKING_ACTIONS:
        yield RuleProblem("trail_masks_nothing")


def _blank_allow_problems(rule: Rule) -> Iterator[RuleProblem]:
    """Of any kind: an allow phrase of which nothing is left would stand everywhere."""
    for phrase in rule.allow if rule.kind is not RuleKind.URL else ():
        if not any(symbol not in (WORD_START, WORD_END) for symbol in pattern_symbols(phrase)):
            yield RuleProblem("allow_blank", phrase)


def _prompt_problems(rule: Rule) -> Iterator[RuleProblem]:
    if rule.action not in PROMPT_ACTIONS | {Action.THROTTLE}:  # which is refused for every kind but one
        yield RuleProblem("action_not_of_prompt")
    if rule.stages != {Stage.OUTPUT}:
        yield RuleProblem("stages_not_of_prompt")


def _channel_problems(rule: Rule) -> Iterator[RuleProblem]:
    if rule.channels - {Channel.STRICT} and len(rule.words) > MAX_WORDS_IN_CHANNELS:
        yield RuleProblem("words_too_many_for_channels", str(len(rule.words)))
    for channel in sorted(rule.channels - STREAM_CHANNELS):
        # It comes too late to take anything away from what is judged while it is written.
        if rule.stages & STAGES_OF_THE_MODEL and rule.action in HOLDING_ACTIONS:
            yield RuleProblem("channel_sees_whole_texts_only", channel)


def _word_problems(rule: Rule) -> Iterator[RuleProblem]:
    seen: set[tuple[int, ...]] = set()
    for word in rule.words:
        symbols = pattern_symbols(word)
        length = sum(symbol not in (WORD_START, WORD_END) for symbol in symbols)
        if not length:
            yield RuleProblem("word_blank", word)
        elif length > MAX_WORD_SYMBOLS:
            yield RuleProblem("word_too_long", word)
        elif length < MIN_BLOCK_SYMBOLS and rule.action in ENDING_ACTIONS:
            yield RuleProblem("word_too_short_to_block", word)
        elif symbols in seen:
            yield RuleProblem("word_repeated", word)
        seen.add(symbols)


def _allow_problems(rule: Rule) -> Iterator[RuleProblem]:
    words = {pattern_symbols(word) for word in rule.words}
    lengths = {len(word) for word in words}  # few, however many words there are
    for phrase in rule.allow:
        symbols = pattern_symbols(phrase)
        if symbols in words:
            yield RuleProblem("allow_cancels_word", phrase)
        elif not any(part in words for length in lengths for part in _parts(symbols, length)):
            yield RuleProblem("allow_without_word", phrase)


def _replacement_problems(rule: Rule) -> Iterator[RuleProblem]:
    if rule.action is not Action.REPLACE:
        return
    replacement = pattern_symbols(rule.replacement)
    if not replacement:
        yield RuleProblem("replacement_missing")
    for word in rule.words if rule.kind is RuleKind.KEYWORD else ():
        if _contains(replacement, pattern_symbols(word)):
            yield RuleProblem("replacement_contains_word", word)


def _contains(symbols: tuple[int, ...], part: tuple[int, ...]) -> bool:
    return part in _parts(symbols, len(part))


def _parts(symbols: tuple[int, ...], length: int) -> Iterator[tuple[int, ...]]:
    """All parts of this length."""
    return (symbols[start : start + length] for start in range(len(symbols) - length + 1))
