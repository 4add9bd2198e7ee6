"""What a person reads where a rule did something to a text. Pure but for the catalogue of translations."""

from dataclasses import dataclass

from django.utils import translation
from django.utils.translation import gettext

from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Action, Match


@dataclass(frozen=True, slots=True)
class Told:
    """A match that the person is told of, and in which words."""

    match: Match
    notice: dict[str, str]


def notice_of(ruleset: Ruleset, match: Match | None, *, language: str) -> dict[str, str]:
    """
    What the rule did, its category, and the operator's words in the person's language, or ours where there are none.

    An operator's answer speaks for itself: beside it stands only what the operator wrote.
    """
    with translation.override(language):
        fallback = gettext("This goes against the rules of this service.")
    if match is None:
        return {"category": "", "text": fallback, "action": Action.BLOCK}
    words = ruleset.notice(match.rule_id, language=language)
    if match.action is not Action.SAFE_COMPLETION:
        words = words or fallback
    return {"category": match.category, "text": words, "action": match.action.value}
