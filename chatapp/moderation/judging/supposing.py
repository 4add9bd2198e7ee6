"""The verdict on a text if rules were in another state: drafts that act, rules that were wrong and only watch. Pure."""

from collections.abc import Callable, Collection
from dataclasses import replace

from chatapp.moderation.judging.gate import find_matches, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.rulesets.rule import Rule
from chatapp.moderation.judging.verdict import Match, RuleState, Stage, Verdict


def judge_excusing(
    ruleset: CompiledRuleset, text: str, stage: Stage | str, *, rule_ids: Collection[str], part: Part = Part.ALL
) -> Verdict:
    """As if these rules only watched: what they hit goes on record and takes nothing away."""
    matches = find_matches(ruleset, text, stage, part=part)
    return judge_supposing(
        ruleset, text, stage, matches=matches, state=lambda rule: _watching(rule, rule_ids), part=part
    )


def judge_supposing(
    ruleset: CompiledRuleset,
    text: str,
    stage: Stage | str,
    *,
    matches: Collection[Match],
    state: Callable[[Rule], RuleState],
    part: Part = Part.ALL,
) -> Verdict:
    """
    As if each rule were in the state that it is given.

    matches: what the rules find in the text. Those that find nothing change nothing, and compiling thousands of them
    would take seconds.
    """
    hit = {match.rule_id for match in matches}
    rules = tuple(replace(rule, state=state(rule)) for rule in ruleset.rules if rule.id in hit)
    return judge(replace(ruleset, rules=rules), text, stage, part=part)


def _watching(rule: Rule, rule_ids: Collection[str]) -> RuleState:
    return RuleState.SHADOW if rule.id in rule_ids else rule.state
