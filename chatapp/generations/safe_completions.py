"""The operator's answer in the place of the model's: how it follows what was written, how it is known again. Pure."""

from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import Match

PARAGRAPH_BREAK = "\n\n"


def rest_of_answer(ruleset: Ruleset, match: Match, *, language: str, is_begun: bool) -> str:
    """What follows the text that was released before the match; is_begun: there is such text."""
    text = ruleset.safe_completion(match.rule_id, language=language)
    return f"{PARAGRAPH_BREAK}{text}" if is_begun else text


def is_answered(ruleset: Ruleset, match: Match, *, shown_text: str) -> bool:
    """Whether a text on screens ends with the rule's answer: it was appended as a whole or not at all."""
    return any(text and shown_text.endswith(text) for text in ruleset.rule(match.rule_id).safe_completions.values())
