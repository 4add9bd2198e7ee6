"""The words of rules and of judgements; matches, verdicts. Decides only which action is greater."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Stage(StrEnum):
    INPUT = "input"
    TEMPLATE = "template"
    ATTACHMENT = "attachment"
    OUTPUT = "output"
    TITLE = "title"


class Action(StrEnum):
    """
    What a rule asks for, weakest first: the order is the lattice.

    Throttle stands beside it: a rule of conduct asks for it, and no match in a text ever does.
    """

    ALLOW = "allow"
    FLAG = "flag"
    WARN = "warn"
    REVIEW = "review"
    REDACT = "redact"
    REPLACE = "replace"
    SAFE_COMPLETION = "safe_completion"
    BLOCK = "block"
    THROTTLE = "throttle"


class RuleKind(StrEnum):
    """What a rule's entries are, and how they are found."""

    KEYWORD = "keyword"
    PHRASE = "phrase"
    REGEX = "regex"
    PERSONAL_DATA = "personal_data"
    URL = "url"
    HIDDEN_UNICODE = "hidden_unicode"
    CLASSIFIER = "classifier"
    CONDUCT = "conduct"
    SYSTEM_PROMPT = "system_prompt"
    SIMILARITY = "similarity"
    JUDGE = "judge"


class Channel(StrEnum):
    """How a match was seen through its disguise. The first four may hold a stream; the others see whole texts only."""

    STRICT = "strict"
    SKIP = "skip"
    LEET = "leet"
    PINYIN = "pinyin"
    FUZZY = "fuzzy"
    COMPONENTS = "components"
    INITIALS = "initials"
    EMOJI = "emoji"
    ENCODED = "encoded"


# These decide while the text streams. The others serve input, dry runs and flags.
STREAM_CHANNELS = frozenset({Channel.STRICT, Channel.SKIP, Channel.LEET, Channel.PINYIN})


class RuleState(StrEnum):
    DRAFT = "draft"
    SHADOW = "shadow"
    ENFORCING = "enforcing"
    RETIRED = "retired"


class Category(StrEnum):
    """What a rule is about."""

    VIOLENCE = "violence"
    WEAPONS = "weapons"
    SELF_HARM = "self_harm"
    HATE = "hate"
    SEXUAL = "sexual"
    SEXUAL_MINORS = "sexual_minors"
    FRAUD = "fraud"
    PERSONAL_DATA = "personal_data"
    INJECTION = "injection"
    OTHER = "other"


class Language(StrEnum):
    """Of a rule's words, for who looks for them; every text is compared with every rule."""

    ANY = "any"
    ENGLISH = "en"
    SIMPLIFIED_CHINESE = "zh-hans"


STRENGTH = {action: strength for strength, action in enumerate(Action)}

# What a rule may ask for today; the others are words without a deed and are refused when a rule is read.
SUPPORTED_ACTIONS = frozenset(Action) - {Action.ALLOW}

# Only these take text away, so only these hold it back on the stream.
HOLDING_ACTIONS = frozenset({Action.REDACT, Action.REPLACE, Action.SAFE_COMPLETION, Action.BLOCK})

# Of what the model writes, nothing is released after these. To a person's words a safe completion is an answer and
# takes nothing away.
ENDING_ACTIONS = frozenset({Action.SAFE_COMPLETION, Action.BLOCK})
STAGES_OF_THE_MODEL = frozenset({Stage.OUTPUT, Stage.TITLE})

# What the person is told of. The others are between the rule and those who answer for it.
TOLD_ACTIONS = HOLDING_ACTIONS | {Action.WARN}


@dataclass(frozen=True, slots=True)
class Match:
    """
    One place where a rule hit: characters [start, end) of the judged text. `enforced` is False for a shadow rule.

    channel: how it was seen. score: a classifier's. principle: the number of the one that a judge found broken most.
    error: the code of a failure, where the rule could not judge: its severity then decided between its own action and
    a flag.
    """

    rule_id: str
    revision: int
    category: str
    severity: int
    action: Action
    enforced: bool
    start: int
    end: int
    channel: Channel = Channel.STRICT
    score: float | None = None
    principle: int | None = None
    error: str = ""

    def withholds_at(self, stage: Stage) -> bool:
        return self.withholds and (self.action is not Action.SAFE_COMPLETION or stage in STAGES_OF_THE_MODEL)

    def ends_at(self, stage: Stage) -> bool:
        """Nothing that follows is released."""
        return self.action in ENDING_ACTIONS and self.withholds_at(stage)

    @property
    def withholds(self) -> bool:
        """Whether it takes away what the model writes."""
        return self.enforced and self.action in HOLDING_ACTIONS


@dataclass(frozen=True, slots=True)
class Verdict:
    """
    The result for one text under one ruleset version.

    action: the greatest of the enforced matches', else allow. released_text: what may be shown or stored;
    after a block, what stood before it.
    """

    action: Action
    matches: tuple[Match, ...]
    released_text: str
    ruleset_version: int

    @property
    def blocked(self) -> bool:
        return self.action is Action.BLOCK

    @property
    def decisive(self) -> Match | None:
        """The enforced match that made the action: of equal ones the most severe, then the first in the text."""
        return _strongest(match for match in self.matches if match.enforced)

    @property
    def told(self) -> Match | None:
        """The match that the person is told of, chosen as the decisive one."""
        return strongest_told(self.matches)

    @property
    def safe_completion(self) -> Match | None:
        """The match whose rule's answer takes the place of the model's, or None where it did not come to that."""
        decisive = self.decisive
        return decisive if decisive is not None and decisive.action is Action.SAFE_COMPLETION else None


def strongest_told(matches: Iterable[Match]) -> Match | None:
    return _strongest(match for match in matches if match.enforced and match.action in TOLD_ACTIONS)


def _strongest(matches: Iterable[Match]) -> Match | None:
    return max(matches, key=lambda match: (STRENGTH[match.action], match.severity, -match.start), default=None)


def greatest_action(matches: Iterable[Match]) -> Action:
    enforced = (match.action for match in matches if match.enforced)
    return max(enforced, key=STRENGTH.__getitem__, default=Action.ALLOW)
