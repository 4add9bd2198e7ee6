"""
Rulesets that mix every kind, channel and action, and texts that nearly hit them, from a source of chance.

Chance is hypothesis' own in the laws (so that it shrinks) and a seeded one in the benchmark.
"""

from collections.abc import Sequence
from dataclasses import replace
from random import Random

from chatapp.moderation.judging.classifiers.types import NO_CONTEXT, ClassifierTimedOut, Context, Labels, Strictness
from chatapp.moderation.judging.personal_data.reading import Entity
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule, RuleOptions
from chatapp.moderation.judging.rulesets.rule_problems import rule_problems
from chatapp.moderation.judging.verdict import Action, Channel, RuleKind, RuleState, Stage
from tests.moderation.judging.making import BUNDLED_ALONE

SCRIPTED, FAILING = "scripted", "failing"
# Keywords have the most ways to be found.
# Conduct looks at people, and the system prompt's pieces are a detector of one generation. Similarity and judges are
# classifiers to everything that reads a text.
NOT_IN_TEXTS = frozenset({RuleKind.CONDUCT, RuleKind.SYSTEM_PROMPT, RuleKind.SIMILARITY, RuleKind.JUDGE})
KINDS = (*(kind for kind in RuleKind if kind not in NOT_IN_TEXTS), RuleKind.KEYWORD, RuleKind.KEYWORD, RuleKind.KEYWORD)
MAX_TEXT_CHARS = 90

KEYWORDS = ("ab", "bass", "a bass", "kill", "口交", "口交路", "交路", "炸弹", "傻逼", "我操你妈", "路😀", "bb")
ALLOWED = ("路口交通", "口交路", "口交路口", "a bass drum", "the bass", "ab ba", "傻逼乐", "kill bill", "炸弹路😀")
PHRASES = ("ab…路", "口…弹", "how to…bass", "a…b…a")
PATTERNS = (
    "[ab]{2,4}",
    "a+b",
    r"\d{3,}",
    "口.?路",
    "交路+",
    r"\bab\b",
    "(?i)b[a-z]*s",
    "sk-[a-z0-9]{4,}",
    "路$",
    "^a",
    "a{1,3}|bb",
)
DOMAINS = ("evil.com", "bad.example.org", "*")
NOT_MEANT = ("good.evil.com", "example.org")
# A sentence with one of these scores so; None: no answer comes.
SCORES = {"ab": 0.6, "口": 0.7, "弹": 0.95, "炸": 0.8, "!?": None}

# What every kind nearly finds, whole and in disguise.
BAITS = (
    *("b.a.s.s", "k1ll", "b a s s", "ba$$", "k*i*l*l", "口 交", "口*交*路", "kou jiao lu", "wo cao ni ma", "wocaonima"),
    *("口\u200b交", "炸**弹**", "我cao你ma", "4b", "bａss", "АB", "ki\u00adll"),
    *("a@b.co", "mail me@evil.com", "13912345678", "+86 139 1234 5678", "4111 1111 1111 1111", "6222021001116245702"),
    *(
        "11010519491231002X",
        "123-45-6789",
        "10.0.0.1",
        "fe80::1",
        "DE89370400440532013000",
        "GB82 WEST 1234 5698 7654 32",
    ),
    *("sk-abcd1234", "AKIAIOSFODNN7EXAMPLE", "ghp_abcdefghijklmnopqrstuvwxyz0123456789"),
    *(
        "http://evil.com/x",
        "www.evil.com",
        "evil[.]com",
        "hxxps://bad.example.org?q=1",
        "good.evil.com",
        "(//evil.com)",
    ),
    *("\U000e0061\U000e0062", "\u200b\u200c\u200b\u200d\u2060", "\u202eab\u202c", "x\ufe01\ufe02\ufe03", "👩\u200d👩"),
    *("口。", "ab. ", "弹!", "炸？", "no!? ", "\n", "。", ". "),
)
LETTERS = "ab bs口交路😀弹1@.- \n"
ACTIONS = (Action.FLAG, Action.REVIEW, Action.REDACT, Action.REDACT, Action.REDACT, Action.REPLACE, Action.BLOCK)
HARMLESS_ACTIONS = tuple(action for action in ACTIONS if action is not Action.BLOCK)


class ScriptedClassifier:
    """Scores a text by the highest number of a phrase in it; raises for a phrase without one."""

    max_window_chars = 30

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        del context
        scores = [score for phrase, score in SCORES.items() if phrase in text]
        if None in scores:
            raise ClassifierTimedOut("scripted")
        return Labels({"harm": max((score for score in scores if score is not None), default=0.0)})


class FailingClassifier(ScriptedClassifier):
    """Never answers."""

    def labels(self, text: str, context: Context = NO_CONTEXT) -> Labels:
        raise ClassifierTimedOut("scripted")


# The weights of a real classifier are the one thing that is not real here.
OFFER = replace(
    BUNDLED_ALONE,
    classifiers={**BUNDLED_ALONE.classifiers, SCRIPTED: ScriptedClassifier, FAILING: FailingClassifier},
)


def mixed_ruleset(chance: Random, *, actions: Sequence[Action] = ACTIONS) -> CompiledRuleset:
    """Two to five rules that may be published."""
    num_rules = chance.randint(2, 5)
    rules = tuple(_publishable(chance, f"r{number}", actions) for number in range(num_rules))
    return CompiledRuleset(version=1, rules=rules, offer=OFFER)


def mixed_rule(chance: Random, rule_id: str, kind: RuleKind, *, action: Action) -> Rule:
    words, allow = _entries(chance, kind)
    return Rule(
        id=rule_id,
        revision=1,
        category="test",
        severity=chance.randint(1, 4),
        action=action,
        state=RuleState.SHADOW if chance.randint(1, 6) == 1 else RuleState.ENFORCING,
        stages=frozenset(Stage),
        words=words,
        allow=allow,
        replacement="[x]" if action is Action.REPLACE else "",
        kind=kind,
        channels=_channels(chance) if kind is RuleKind.KEYWORD else frozenset({Channel.STRICT}),
        options=_options(chance, kind),
    )


def mixed_text(chance: Random, ruleset: CompiledRuleset) -> str:
    """Entries of the rules, beginnings of them, disguises, and letters between."""
    own = [entry for rule in ruleset.rules for entry in (*rule.words, *rule.allow)] or list(KEYWORDS)
    parts = []
    for _ in range(chance.randint(0, 7)):
        pool = chance.choice((own, own, KEYWORDS, ALLOWED, BAITS, BAITS, BAITS))
        part = chance.choice(pool)
        match chance.randint(0, 7):
            case 0:
                part = part[: chance.randint(1, 4)]
            case 1:
                part = "".join(chance.choice(LETTERS) for _ in range(chance.randint(1, 4)))
            case 2:
                part += " "
            case 3 | 4:
                part = _disguised(chance, part)
            case _:
                pass
        parts.append(part)
    return "".join(parts)[:MAX_TEXT_CHARS]


def mixed_cuts(chance: Random, text: str) -> list[str]:
    """The text in pieces, empty ones among them."""
    places = sorted(chance.randint(0, len(text)) for _ in range(chance.randint(0, 8)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def _disguised(chance: Random, phrase: str) -> str:
    """As people write a word that they know to be forbidden."""
    match chance.randint(0, 3):
        case 0:
            return chance.choice((" ", "*", ".", "-", "\u200b", "_ ", "😀")).join(phrase)
        case 1:
            return phrase.translate({ord("a"): "4", ord("i"): "1", ord("s"): "$", ord("l"): "1"})
        case 2:
            return phrase.translate({ord("口"): "kou", ord("操"): "cao", ord("路"): "lu", ord("傻"): "sha"})
        case _:
            return phrase.upper().replace("A", "А")


def _publishable(chance: Random, rule_id: str, actions: Sequence[Action]) -> Rule:
    while True:
        rule = mixed_rule(chance, rule_id, chance.choice(KINDS), action=chance.choice(actions))
        if not any(True for _ in rule_problems(rule, offer=OFFER)):
            return rule


def _entries(chance: Random, kind: RuleKind) -> tuple[tuple[str, ...], tuple[str, ...]]:
    match kind:
        case RuleKind.KEYWORD:
            words = _some(chance, KEYWORDS, most=4)
            return words, tuple(phrase for phrase in _some(chance, ALLOWED, most=4) if any(w in phrase for w in words))
        case RuleKind.PHRASE:
            return _some(chance, PHRASES, most=2), _maybe_allowed(chance)
        case RuleKind.REGEX:
            return _some(chance, PATTERNS, most=3), _maybe_allowed(chance)
        case RuleKind.PERSONAL_DATA:
            return _some(chance, tuple(map(str, Entity)), most=4), ()
        case RuleKind.URL:
            return _some(chance, DOMAINS, most=2), _some(chance, NOT_MEANT, most=2)
        case RuleKind.HIDDEN_UNICODE | RuleKind.CLASSIFIER:
            return (), ()
        case RuleKind.CONDUCT | RuleKind.SYSTEM_PROMPT | RuleKind.SIMILARITY | RuleKind.JUDGE:
            raise ValueError(f"{kind} is in no mixed ruleset")


def _maybe_allowed(chance: Random) -> tuple[str, ...]:
    return _some(chance, ALLOWED, most=2) if chance.randint(0, 1) else ()


def _channels(chance: Random) -> frozenset[Channel]:
    seen_through = [channel for channel in (Channel.SKIP, Channel.LEET, Channel.PINYIN) if chance.randint(0, 1)]
    return frozenset({Channel.STRICT, *seen_through})


def _options(chance: Random, kind: RuleKind) -> RuleOptions:
    match kind:
        case RuleKind.PHRASE:
            return RuleOptions(max_gap_chars=chance.randint(0, 5))
        case RuleKind.CLASSIFIER:
            return RuleOptions(classifier=SCRIPTED, label="harm", strictness=chance.choice(tuple(Strictness)))
        case _:
            return RuleOptions()


def _some(chance: Random, pool: Sequence[str], *, most: int) -> tuple[str, ...]:
    return tuple(dict.fromkeys(chance.choice(pool) for _ in range(chance.randint(1, most))))
