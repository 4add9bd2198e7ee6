"""
One rule as an immutable value, with the settings of its kind, read from and written to JSON. Knows no other rule, no
form, no database, and not what makes a rule of its kind wrong (rule_problems.py).
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Self

from chatapp.moderation.judging.classifiers.types import Strictness, Timing
from chatapp.moderation.judging.verdict import (
    HOLDING_ACTIONS,
    STAGES_OF_THE_MODEL,
    SUPPORTED_ACTIONS,
    Action,
    Channel,
    RuleKind,
    RuleState,
    Stage,
)

SEVERITIES = range(1, 5)
MIN_BLOCK_SYMBOLS = 2
# A keyword's length bounds what the stream may hold back.
MAX_WORD_SYMBOLS = 100
DEFAULT_CLASSIFIER = "ngrams"
DEFAULT_LABEL = "offensive"


class RulesetInvalid(ValueError):
    """A ruleset or rule that must not be published; says which rule and why."""


@dataclass(frozen=True, slots=True)
class RuleOptions:
    """
    What a rule has beside its entries. A field counts only for the kinds that read it; the others keep their defaults,
    so that equal rules are equal values.

    max_gap_chars: of a phrase, between two of its words. classifier, label: which one, and which of its scores; of a
    similarity rule classifier names the embedding model.

    thresholds: scores from which a text counts as controversial or unsafe; strictness: whether the former is enough.
    timing: whether a sentence waits for its verdict. num_hits, window_s, categories: of conduct: so many hits within so
    many seconds, about these or, where there are none, about anything.
    """

    max_gap_chars: int = 10
    classifier: str = DEFAULT_CLASSIFIER
    label: str = DEFAULT_LABEL
    threshold_controversial: float = 0.47  # the bundled classifier's, chosen on its training set's folds
    threshold_unsafe: float = 0.91
    strictness: Strictness = Strictness.LOOSE
    timing: Timing = Timing.GATE
    num_hits: int = 5
    window_s: int = 3600
    categories: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
        """:raises ValueError, TypeError: for an unknown name or a value of another kind."""
        unknown = set(raw) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"no option is called {min(unknown)!r}")
        converted: dict[str, Callable[[Any], Any]] = {
            "max_gap_chars": int,
            "classifier": str,
            "label": str,
            "threshold_controversial": float,
            "threshold_unsafe": float,
            "strictness": Strictness,
            "timing": Timing,
            "num_hits": int,
            "window_s": int,
            "categories": lambda names: tuple(map(str, names)),
        }
        return cls(**{name: converted[name](value) for name, value in raw.items()})

    def to_json(self) -> dict[str, Any]:
        """Only what differs from the defaults."""
        default = type(self)()
        return {name: value for name, value in asdict(self).items() if value != getattr(default, name)}


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

    def withholds_at(self, stage: Stage) -> bool:
        """Whether it may keep a text at this stage from whoever it is for."""
        is_of_stage = self.action is not Action.SAFE_COMPLETION or stage in STAGES_OF_THE_MODEL
        return self.holds and stage in self.stages and is_of_stage

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> Self:
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
