"""What a person reads where text was withheld. Pure but for the catalogue of translations."""

from django.utils import translation
from django.utils.translation import gettext

from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import Match


def notice_of(ruleset: Ruleset, match: Match | None, *, language: str) -> dict[str, str]:
    """The category and the operator's words in the person's language, or ours where the operator wrote none."""
    with translation.override(language):
        fallback = gettext("This goes against the rules of this service.")
    if match is None:
        return {"category": "", "text": fallback}
    return {"category": match.category, "text": ruleset.notice(match.rule_id, language=language) or fallback}
