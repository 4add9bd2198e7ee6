"""Begins a conversation: what a person fills into a prompt template is judged like everything else they write."""

from dataclasses import replace
from uuid import UUID

from chatapp.accounts.models import User
from chatapp.conversations.models import Conversation
from chatapp.conversations.selectors import conversation_id_check
from chatapp.conversations.services import TemplateChoice, conversation_create
from chatapp.generations.input_check import person_text_judge
from chatapp.moderation.judging.verdict import Stage


def conversation_begin(
    *,
    owner: User,
    conversation_id: UUID,
    model_slug: str | None,
    temperature: float | None,
    template: TemplateChoice | None,
) -> Conversation:
    """
    As `conversation_create`, with the values of the variables judged first.

    :raises InputBlocked: a value goes against a rule for input or for templates; nothing was stored but the decision.
    :raises IdTaken, ModelUnknown, TemplateUnknown, TemplateVariableMissing, TemperatureOutOfRange: bad choices.
    """
    if template is not None and template.variables:
        conversation_id_check(owner_id=owner.id, conversation_id=conversation_id)
        values = {
            name: _judged_value(owner.id, conversation_id, value) for name, value in template.variables.items() if value
        }
        template = replace(template, variables=values)
    return conversation_create(
        owner=owner,
        conversation_id=conversation_id,
        model_slug=model_slug,
        temperature=temperature,
        template=template,
    )


def _judged_value(owner_id: UUID, conversation_id: UUID, value: str) -> str:
    for stage in (Stage.INPUT, Stage.TEMPLATE):
        judged = person_text_judge(owner_id=owner_id, conversation_id=conversation_id, text=value, stage=stage)
        value = judged.verdict.released_text
    return value
