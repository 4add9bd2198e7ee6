"""What a published rule's words are called for people, and their colours. Decides nothing."""

from django import template

from chatapp.moderation.choices import ACTION_LABELS, CATEGORY_LABELS, STATE_LABELS
from chatapp.moderation.colours import ACTION_COLOURS, SEVERITY_COLOURS, STATE_COLOURS

register = template.Library()


@register.filter
def action_word(action: str) -> str:
    return str(ACTION_LABELS.get(action, action))


@register.filter
def state_word(state: str) -> str:
    return str(STATE_LABELS.get(state, state))


@register.filter
def category_word(category: str) -> str:
    return str(CATEGORY_LABELS.get(category, category))


@register.filter
def action_colour(action: str) -> str | None:
    return ACTION_COLOURS.get(action)


@register.filter
def state_colour(state: str) -> str | None:
    return STATE_COLOURS.get(state)


@register.filter
def severity_colour(severity: int) -> str | None:
    return SEVERITY_COLOURS.get(severity)
