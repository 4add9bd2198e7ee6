"""
What earlier attempts at a generation told the person, read from their decisions when another attempt takes over.

The gate of the new attempt does not see it: what settled in the text that it replays was judged and recorded before.
"""

from chatapp.generations.models import Generation
from chatapp.generations.notices import Told, notice_of
from chatapp.generations.safe_completions import is_answered
from chatapp.moderation.judging.verdict import Action, Match, Stage, strongest_told
from chatapp.moderation.publishing.loading import ruleset_get
from chatapp.review.models import Decision
from chatapp.review.selectors import decisions_of_generation


def told_before(row: Generation, *, shown_text: str, language: str) -> Told | None:
    """Of what is on screens: a decision whose text never left is judged again, and perhaps otherwise."""
    if row.attempt == 1 or not shown_text:
        return None
    decisions = decisions_of_generation(conversation_id=row.conversation_id, generation_id=row.id, stage=Stage.OUTPUT)
    versions = {match_of(decision): decision.ruleset_version for decision in decisions}
    shown = [match for match, version in versions.items() if _is_shown(match, version, shown_text)]
    match = strongest_told(shown)
    if match is None:
        return None
    return Told(match, notice_of(ruleset_get(version=versions[match]), match, language=language))


def _is_shown(match: Match, ruleset_version: int, shown_text: str) -> bool:
    match match.action:
        case Action.BLOCK:
            return False  # had it been written down, there were no other attempt
        case Action.SAFE_COMPLETION:
            return is_answered(ruleset_get(version=ruleset_version), match, shown_text=shown_text)
        case _:
            return match.start < len(shown_text)


def match_of(decision: Decision) -> Match:
    """The match that a decision put on record."""
    return Match(
        rule_id=decision.rule_slug,
        revision=decision.rule_revision,
        category=decision.category,
        severity=decision.severity,
        action=Action(decision.action),
        enforced=decision.is_enforced,
        start=decision.span_start,
        end=decision.span_end,
    )
