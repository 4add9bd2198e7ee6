"""Beginning, changing and deleting conversations."""

from uuid import uuid4

import pytest

from chatapp.catalog.errors import ModelUnknown
from chatapp.conversations.errors import (
    ConversationNotFound,
    IdTaken,
    MessageNotFound,
    TemperatureOutOfRange,
    TextEmpty,
    TextTooLong,
    TitleTooLong,
)
from chatapp.conversations.models import Conversation, Message, TitleSource
from chatapp.conversations.services import (
    TemplateChoice,
    conversation_create,
    conversation_delete,
    conversation_title_by_model,
    conversation_update,
    text_check,
)
from chatapp.core.limits import MAX_TEXT_CHARS, MAX_TITLE_CHARS
from chatapp.feed.models import OutboxFact
from chatapp.prompts.errors import TemplateUnknown, TemplateVariableMissing
from tests.support.factories import make_answer, make_conversation, make_model, make_question, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def owner():
    return make_user()


def create(owner, **choices):
    about = {"conversation_id": uuid4(), "model_slug": None, "temperature": None, "template": None}
    return conversation_create(owner=owner, **{**about, **choices})


class TestConversationCreate:
    def test_takes_what_was_not_chosen_from_the_default_model(self, owner):
        row = create(owner)

        assert (row.model.is_default, row.temperature) == (True, row.model.default_temperature)
        assert row.system_prompt == row.model.default_system_prompt != ""
        assert (row.title, row.title_source, row.active_leaf, row.row_version) == ("", "none", None, 1)

    def test_takes_what_was_chosen(self, owner):
        make_model("second", default_temperature=0.2)

        row = create(owner, model_slug="second", temperature=0.0)

        assert (row.model.slug, row.temperature) == ("second", 0.0)

    def test_begins_with_the_template_as_rendered_now(self, owner):
        template = TemplateChoice(slug="translator", version=1, variables={"language": "Dutch"})

        row = create(owner, template=template)

        assert "into Dutch." in row.system_prompt
        assert row.template_version.template.slug == "translator"

    def test_of_the_same_id_returns_the_first(self, owner):
        first = create(owner, temperature=0.5)

        again = create(owner, conversation_id=first.id, temperature=1.0)

        assert (again.id, again.temperature) == (first.id, 0.5)
        assert OutboxFact.objects.count() == 1

    def test_of_another_persons_id_is_refused(self, owner):
        theirs = make_conversation(make_user())

        with pytest.raises(IdTaken):
            create(owner, conversation_id=theirs.id)

    @pytest.mark.parametrize(
        ("choices", "refusal"),
        [
            ({"model_slug": "nobody"}, ModelUnknown),
            ({"temperature": 2.01}, TemperatureOutOfRange),
            ({"temperature": -0.01}, TemperatureOutOfRange),
            ({"temperature": float("nan")}, TemperatureOutOfRange),
            ({"template": TemplateChoice("nobody", 1, {})}, TemplateUnknown),
            ({"template": TemplateChoice("translator", 1, {})}, TemplateVariableMissing),
        ],
    )
    def test_stores_nothing_for_a_bad_choice(self, owner, choices, refusal):
        with pytest.raises(refusal):
            create(owner, **choices)

        assert not Conversation.objects.exists()
        assert not OutboxFact.objects.exists()


class TestConversationUpdate:
    @pytest.fixture
    def row(self, owner):
        return make_conversation(owner, title="Before", temperature=0.5)

    def update(self, row, **changes):
        return conversation_update(owner_id=row.owner_id, conversation_id=row.id, **changes)

    def test_changes_what_is_given_and_leaves_the_rest(self, row):
        self.update(row, temperature=1.5)

        row.refresh_from_db()
        assert (row.title, row.temperature, row.row_version) == ("Before", 1.5, 2)

    def test_marks_a_title_as_the_persons(self, row):
        self.update(row, title="  After\n all \x00 ")

        row.refresh_from_db()
        assert (row.title, row.title_source) == ("After all", TitleSource.PERSON)

    def test_chooses_a_branch(self, row):
        question = make_question(row)
        first, _second = make_answer(row, parent=question), make_answer(row, parent=question)

        self.update(row, active_leaf_id=first.id)

        row.refresh_from_db()
        assert row.active_leaf == first

    def test_chooses_no_message_of_another_conversation(self, row, owner):
        elsewhere = make_question(make_conversation(owner))

        with pytest.raises(MessageNotFound):
            self.update(row, active_leaf_id=elsewhere.id)

    @pytest.mark.parametrize(
        ("changes", "refusal"),
        [
            ({"title": " \n"}, TextEmpty),
            ({"title": "\x00"}, TextEmpty),
            ({"title": "x" * (MAX_TITLE_CHARS + 1)}, TitleTooLong),
            ({"model_slug": "nobody"}, ModelUnknown),
            ({"temperature": 3.0}, TemperatureOutOfRange),
        ],
    )
    def test_changes_nothing_at_all_where_one_change_is_bad(self, row, changes, refusal):
        with pytest.raises(refusal):
            self.update(row, **{"title": "After", **changes})

        row.refresh_from_db()
        assert (row.title, row.row_version) == ("Before", 1)
        assert not OutboxFact.objects.exists()

    def test_refuses_another_persons_conversation_as_if_it_were_not_there(self, row):
        with pytest.raises(ConversationNotFound):
            conversation_update(owner_id=make_user().id, conversation_id=row.id, title="mine now")


class TestConversationTitleByModel:
    def test_gives_a_title_where_there_is_none(self, owner):
        row = make_conversation(owner)

        assert conversation_title_by_model(row=row, title="Capitals of Europe")
        row.refresh_from_db()
        assert (row.title, row.title_source) == ("Capitals of Europe", TitleSource.MODEL)

    def test_never_takes_the_place_of_a_persons(self, owner):
        row = make_conversation(owner, title="Mine", title_source=TitleSource.PERSON)

        assert not conversation_title_by_model(row=row, title="The model's")
        row.refresh_from_db()
        assert row.title == "Mine"

    @pytest.mark.parametrize("title", ["", "  ", "\x00"])
    def test_gives_no_empty_title(self, owner, title):
        assert not conversation_title_by_model(row=make_conversation(owner), title=title)

    def test_cuts_what_does_not_fit(self, owner):
        row = make_conversation(owner)

        conversation_title_by_model(row=row, title="x" * 500)

        row.refresh_from_db()
        assert len(row.title) == MAX_TITLE_CHARS


class TestConversationDelete:
    def test_takes_the_whole_tree_away(self, owner):
        row = make_conversation(owner)
        make_answer(row, parent=make_question(row))

        conversation_delete(owner_id=owner.id, conversation_id=row.id)

        assert not Conversation.objects.exists()
        assert not Message.objects.exists()

    def test_refuses_another_persons_conversation(self, owner):
        theirs = make_conversation(make_user())

        with pytest.raises(ConversationNotFound):
            conversation_delete(owner_id=owner.id, conversation_id=theirs.id)

        assert Conversation.objects.filter(id=theirs.id).exists()


class TestTextCheck:
    def test_lets_a_text_pass_as_it_is(self):
        assert text_check("  indented\n\ttext 🌍 ") == "  indented\n\ttext 🌍 "

    def test_counts_characters_up_to_the_limit(self):
        assert text_check("好" * MAX_TEXT_CHARS) == "好" * MAX_TEXT_CHARS

    def test_drops_what_no_database_stores(self):
        assert text_check("a\x00b") == "ab"

    @pytest.mark.parametrize("text", ["", "   ", "\n\t", "\u3000", "\x00", " \x00 "])
    def test_refuses_an_empty_text(self, text):
        with pytest.raises(TextEmpty):
            text_check(text)

    def test_refuses_a_hundred_thousand_characters_with_both_numbers(self):
        with pytest.raises(TextTooLong) as refusal:
            text_check("x" * 100_000)

        assert refusal.value.details == {"length": 100_000, "limit": MAX_TEXT_CHARS}
        assert "100000" in refusal.value.message
        assert str(MAX_TEXT_CHARS) in refusal.value.message
