"""
Packs: keywords with what should happen at each, to be handed on. Owns how entries become rules; knows no file format.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from chatapp.moderation.judging.text.normalise import pattern_symbols
from chatapp.moderation.judging.verdict import HOLDING_ACTIONS, Action, Category, Channel, Language, Stage

# A rule's name has at most 50 characters: this, and the longest category, action, language and number.
MAX_PACK_NAME_CHARS = 14

# Where a rule looks whose entries do not say it.
STAGES_OF_HOLDING_RULES = tuple(Stage)
STAGES_OF_OTHER_RULES = (Stage.INPUT, Stage.OUTPUT)
# A pack brings no texts to put in the place of others, so it cannot ask for `replace` or `safe_completion`.
PACK_ACTIONS = frozenset({Action.FLAG, Action.WARN, Action.REVIEW, Action.REDACT, Action.BLOCK})


@dataclass(frozen=True, slots=True)
class PackEntry:
    """
    One keyword. allow: phrases with it in them that do not count.

    What is empty is the pack's (language, source, licence) or the rule's own choice (stages, channels).
    """

    phrase: str
    category: Category
    severity: int
    action: Action
    language: Language | None = None
    stages: tuple[Stage, ...] = ()
    channels: tuple[Channel, ...] = ()
    allow: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    source: str = ""
    licence: str = ""


@dataclass(frozen=True, slots=True)
class PackHeader:
    """What a pack says of itself. notices: the sentence for the person, by category and language."""

    name: str
    version: str = ""
    language: Language = Language.ANY
    licence: str = ""
    source: str = ""
    notices: Mapping[Category, Mapping[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pack:
    header: PackHeader
    entries: tuple[PackEntry, ...]


@dataclass(frozen=True, slots=True)
class PackRule:
    """Entries that ask for the same, as one rule. slug: its name, from the pack's."""

    slug: str
    category: Category
    severity: int
    action: Action
    language: Language
    stages: tuple[Stage, ...]
    channels: tuple[Channel, ...]
    words: tuple[str, ...]
    allow: tuple[str, ...]
    notices: Mapping[str, str]


def rules_of(pack: Pack) -> tuple[PackRule, ...]:
    """One rule for each combination of category, action, severity, language, stages and channels that comes."""
    grouped: dict[tuple[object, ...], list[PackEntry]] = {}
    for entry in pack.entries:
        language = entry.language or pack.header.language
        key = (
            entry.category,
            entry.action,
            entry.severity,
            language,
            frozenset(entry.stages),
            frozenset(entry.channels),
        )
        grouped.setdefault(key, []).append(entry)
    slugs: set[str] = set()
    return tuple(_rule(pack.header, entries, slugs) for entries in grouped.values())


def _rule(header: PackHeader, entries: list[PackEntry], slugs: set[str]) -> PackRule:
    """Takes its name into `slugs`."""
    first = entries[0]
    language = first.language or header.language
    slug = _unused("-".join([header.name, first.category, first.action, str(first.severity), language]), slugs)
    slugs.add(slug)
    usual = STAGES_OF_HOLDING_RULES if first.action in HOLDING_ACTIONS else STAGES_OF_OTHER_RULES
    return PackRule(
        slug=slug,
        category=first.category,
        severity=first.severity,
        action=first.action,
        language=language,
        stages=first.stages or usual,
        channels=first.channels,
        words=tuple(dict.fromkeys(entry.phrase for entry in entries)),
        allow=tuple(_distinct(phrase for entry in entries for phrase in entry.allow)),
        notices=header.notices.get(first.category, {}),
    )


def _unused(slug: str, slugs: set[str]) -> str:
    numbered = slug
    number = 1
    while numbered in slugs:
        number += 1
        numbered = f"{slug}-{number}"
    return numbered


def _distinct(phrases: Iterable[str]) -> list[str]:
    """One spelling of each phrase that rules see as the same."""
    return list({pattern_symbols(phrase): phrase for phrase in phrases}.values())
