"""Rulesets for tests, and texts that are likely to hit them."""

import random
from collections.abc import Sequence

from hypothesis import strategies as st

from chatapp.moderation.rule import Rule
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import Action, RuleState, Stage


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
    )


def make_ruleset(*rules: Rule) -> Ruleset:
    return Ruleset(version=1, rules=rules)


# Few letters, so that random words meet random texts. The pattern letters are their own φ.
LATIN = "ab "
HAN = "口交路"
ASTRAL = "😀"
PATTERN_ALPHABET = LATIN + HAN + ASTRAL
# What a text may hold beside them: disguises of the same letters, and what φ drops.
DISGUISES = "AＡáа\u0301\u200b\u00ad\ufe0f\U000e0061ﷺ㍿½ﬁ傑路\u3000\n.█"
TEXT_ALPHABET = PATTERN_ALPHABET * 3 + DISGUISES

phrases = st.text(PATTERN_ALPHABET, min_size=1, max_size=5).filter(lambda phrase: bool(phrase.strip()))
texts = st.text(st.sampled_from(TEXT_ALPHABET), max_size=24)


@st.composite
def rules(draw: st.DrawFn, rule_id: str) -> Rule:
    words = draw(st.lists(phrases, min_size=1, max_size=4, unique=True))
    # Two words in one phrase, so that one phrase may still cover a match when a shorter one has freed its neighbour.
    parts = st.one_of(st.text(PATTERN_ALPHABET, max_size=2), st.sampled_from(words))
    allow = [draw(parts) + draw(st.sampled_from(words)) + draw(parts) for _ in range(draw(st.integers(0, 3)))]
    action = draw(st.sampled_from([Action.FLAG, Action.REDACT, Action.REDACT, Action.REPLACE, Action.BLOCK]))
    state = draw(st.sampled_from([RuleState.ENFORCING, RuleState.ENFORCING, RuleState.ENFORCING, RuleState.SHADOW]))
    return make_rule(rule_id, words=words, allow=allow, action=action, state=state, replacement="[a]")


rulesets = st.tuples(rules("r0"), rules("r1"), rules("r2")).map(lambda drawn: make_ruleset(*drawn))
harmless_rulesets = rulesets.filter(lambda ruleset: not any(rule.action is Action.BLOCK for rule in ruleset.rules))


@st.composite
def cuts(draw: st.DrawFn, text: str) -> list[str]:
    """The text in pieces, empty ones among them."""
    places = sorted(draw(st.lists(st.integers(0, len(text)), max_size=6)))
    return [text[start:end] for start, end in zip([0, *places], [*places, len(text)], strict=True)]


def random_text(seed: int, num_chars: int) -> str:
    return "".join(random.Random(seed).choices(TEXT_ALPHABET, k=num_chars))
