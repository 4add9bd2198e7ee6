"""
What keeps one rule from being published, whatever its kind; what its kind adds is the kind's to say.

Every problem is a stable code and the entry it is about. Knows no other rule.
"""

from collections.abc import Iterator, Sequence

from chatapp.moderation.judging.offer import Offer, RuleProblem
from chatapp.moderation.judging.rulesets.rule import SEVERITIES, Rule
from chatapp.moderation.judging.text.normalise import WORD_END, WORD_START, pattern_symbols
from chatapp.moderation.judging.verdict import SUPPORTED_ACTIONS, Action, RuleState, Stage

# They put something in the place of single words, which must not have left.
MASKING_ACTIONS = frozenset({Action.REDACT, Action.REPLACE})
# Their texts are stored, and shown, by processes that have no model.
STAGES_WITHOUT_MODELS = frozenset({Stage.TEMPLATE, Stage.ATTACHMENT})
STATES_IN_FORCE = frozenset({RuleState.SHADOW, RuleState.ENFORCING})


def rule_problems(rule: Rule, *, offer: Offer) -> Iterator[RuleProblem]:
    """Everything that keeps this rule from being published; nothing if it may be."""
    kind = offer.kind(rule)
    if rule.action not in SUPPORTED_ACTIONS:
        yield RuleProblem("action_unsupported", rule.action)
    if rule.severity not in SEVERITIES:
        yield RuleProblem("severity_out_of_range", str(rule.severity))
    if rule.state not in STATES_IN_FORCE:
        yield RuleProblem("state_not_in_force", rule.state)
    if not rule.stages:
        yield RuleProblem("stages_missing")
    if (rule.action is Action.THROTTLE) is not kind.throttles:
        yield RuleProblem("action_not_of_kind")
    if kind.has_entries and not rule.words:
        yield RuleProblem("words_missing")
    yield from kind.problems(rule, offer)
    yield from _model_problems(rule, offer)
    yield from _blank_allow_problems(kind.allow_phrases(rule))
    if rule.action is Action.REPLACE and not pattern_symbols(rule.replacement):
        yield RuleProblem("replacement_missing")
    if rule.action is Action.SAFE_COMPLETION and not any(map(str.strip, rule.safe_completions.values())):
        yield RuleProblem("safe_completion_missing")


def _model_problems(rule: Rule, offer: Offer) -> Iterator[RuleProblem]:
    """Of when a model's verdict comes: what is stored or has left by then cannot be masked."""
    kind = offer.kind(rule)
    if kind.asks_model(rule, offer):
        if Stage.INPUT in rule.stages and rule.action in MASKING_ACTIONS:
            yield RuleProblem("model_masks_no_input")
        if rule.stages & STAGES_WITHOUT_MODELS:
            yield RuleProblem("model_sees_no_template")
    if kind.trails(rule) and rule.action in MASKING_ACTIONS:
        yield RuleProblem("trail_masks_nothing")


def _blank_allow_problems(phrases: Sequence[str]) -> Iterator[RuleProblem]:
    """Of any kind: an allow phrase of which nothing is left would stand everywhere."""
    for phrase in phrases:
        if not any(symbol not in (WORD_START, WORD_END) for symbol in pattern_symbols(phrase)):
            yield RuleProblem("allow_blank", phrase)
