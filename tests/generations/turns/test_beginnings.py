"""A conversation begun with a template: what a person fills in is judged like what they write."""

from uuid import uuid4

import pytest

from chatapp.conversations.errors import IdTaken
from chatapp.conversations.models import Conversation
from chatapp.conversations.services import TemplateChoice
from chatapp.generations.errors import InputBlocked
from chatapp.generations.turns.beginnings import conversation_begin
from chatapp.review.models import Decision
from tests.support.factories import make_conversation, make_user, publish_rule

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.postgres]


def begin(owner, language, *, conversation_id=None):
    return conversation_begin(
        owner=owner,
        conversation_id=conversation_id or uuid4(),
        model_slug=None,
        temperature=None,
        template=TemplateChoice(slug="translator", version=1, variables={"language": language}),
    )


class TestConversationBegin:
    @pytest.mark.parametrize("stage", ["input", "template"])
    def test_refuses_a_value_against_the_rules_and_keeps_only_the_decision(self, stage):
        publish_rule("grumbleflump", stages=(stage,))

        with pytest.raises(InputBlocked):
            begin(make_user(), "French, and grumbleflump too")

        assert not Conversation.objects.exists()
        assert Decision.objects.get().stage == stage

    def test_renders_a_redacted_value_as_it_may_be_shown(self):
        publish_rule("secret", action="redact")

        conversation = begin(make_user(), "the secret one")

        assert "the ██████ one" in conversation.system_prompt

    def test_puts_nothing_on_the_record_of_another_persons_conversation(self):
        publish_rule("grumbleflump")
        theirs = make_conversation(make_user())

        with pytest.raises(IdTaken):
            begin(make_user(), "grumbleflump", conversation_id=theirs.id)

        assert not Decision.objects.exists()
