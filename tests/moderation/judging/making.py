"""Rulesets for tests, and texts that are likely to hit them."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from chatapp.moderation.apps import offer_of_settings
from chatapp.moderation.judging.offer import Offer
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import ENDING_ACTIONS, Action, RuleState, Stage

# What there is without any setting.
BUNDLED_ALONE = offer_of_settings(remotes={}, models={})


def make_rule(
    rule_id: str = "rule",
    *,
    words: Sequence[str],
    allow: Sequence[str] = (),
    action: Action = Action.BLOCK,
    state: RuleState = RuleState.ENFORCING,
    stages: Sequence[Stage] = tuple(Stage),
    replacement: str = "",
    severity: int = 3,
) -> Rule:
    return Rule(
        id=rule_id,
        revision=1,
        category="test",
        severity=severity,
        action=action,
        state=state,
        stages=frozenset(stages),
        words=tuple(words),
        allow=tuple(allow),
        replacement=replacement,
        safe_completions={"en": "Call us."} if action is Action.SAFE_COMPLETION else {},
    )


def make_ruleset(*rules: Rule, offer: Offer = BUNDLED_ALONE) -> CompiledRuleset:
    return CompiledRuleset(version=1, rules=rules, offer=offer)


# Few letters, so that random words meet random texts. The pattern letters are their own φ.
LATIN = "ab "
HAN = "口交路"
ASTRAL = "😀"
PATTERN_ALPHABET = LATIN + HAN + ASTRAL
# What a text may hold beside them: disguises of the same letters, and what φ drops.
DISGUISES = "AＡáа\u0301\u200b\u00ad\ufe0f\U000e0061ﷺ㍿½ﬁ傑路\u3000\n.█"
TEXT_ALPHABET = PATTERN_ALPHABET * 3 + DISGUISES

phrases = st.text(PATTERN_ALPHABET, min_size=1, max_size=5).filter(lambda phrase: bool(phrase.strip()))
MAX_TEXT_CHARS = 28  # the naive reading takes the cube of it
texts_of_any_kind = st.text(st.sampled_from(TEXT_ALPHABET), max_size=12)


ACTIONS = [Action.FLAG, Action.WARN, Action.REDACT, Action.REDACT, Action.REPLACE, Action.SAFE_COMPLETION, Action.BLOCK]


@st.composite
def rules(draw: st.DrawFn, rule_id: str, stem: str) -> Rule:
    """Words are often pieces of one stem, so that they begin, end and lie inside each other."""
    pieces = st.tuples(st.integers(0, len(stem)), st.integers(1, 5)).map(lambda cut: stem[cut[0] :][: cut[1]])
    word = st.one_of(phrases, pieces.filter(lambda piece: bool(piece.strip())))
    words = draw(st.lists(word, min_size=1, max_size=4, unique=True))
    parts = st.one_of(st.text(PATTERN_ALPHABET, max_size=2), st.sampled_from(words))
    allow = [draw(parts) + draw(st.sampled_from(words)) + draw(parts) for _ in range(draw(st.integers(0, 3)))]
    action = draw(st.sampled_from(ACTIONS))
    state = draw(st.sampled_from([RuleState.ENFORCING, RuleState.ENFORCING, RuleState.ENFORCING, RuleState.SHADOW]))
    return make_rule(rule_id, words=words, allow=allow, action=action, state=state, replacement="[a]")


@st.composite
def rulesets(draw: st.DrawFn) -> CompiledRuleset:
    stem = draw(st.text(PATTERN_ALPHABET, min_size=4, max_size=8))
    return make_ruleset(*(draw(rules(rule_id, stem)) for rule_id in ("r0", "r1", "r2")))


def harmless_rulesets() -> st.SearchStrategy[CompiledRuleset]:
    return rulesets().filter(lambda ruleset: not any(rule.action in ENDING_ACTIONS for rule in ruleset.rules))


def texts_about(ruleset: CompiledRuleset) -> st.SearchStrategy[str]:
    """Texts made of the rules' own phrases, pieces of them, and anything else."""
    own = [phrase for rule in ruleset.rules for phrase in (*rule.words, *rule.allow)]
    starts = st.tuples(st.sampled_from(own), st.integers(1, 4)).map(lambda cut: cut[0][: cut[1]])
    pieces = st.one_of(texts_of_any_kind, st.sampled_from(own), starts)
    return st.lists(pieces, max_size=5).map(lambda parts: "".join(parts)[:MAX_TEXT_CHARS])


@st.composite
def cuts(draw: st.DrawFn, text: str) -> list[str]:
    """The text in pieces, empty ones among them."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def random_text(seed: int, num_chars: int) -> str:
    return "".join(random.Random(seed).choices(TEXT_ALPHABET, k=num_chars))
