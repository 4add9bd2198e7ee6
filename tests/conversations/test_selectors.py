"""Finding and paging conversations; nobody finds another person's."""

import base64
import json
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.catalog.selectors import model_get_default
from chatapp.conversations.errors import ConversationNotFound, MessageNotFound, PageUnknown
from chatapp.conversations.models import Conversation
from chatapp.conversations.selectors import (
    MAX_PAGE,
    conversation_get,
    conversation_get_for_update,
    conversation_list,
    message_find_resent,
    message_get,
    message_list,
)
from tests.support.factories import make_answer, make_conversation, make_question, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
NIL = UUID(int=0)


def encoded(cursor: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()


def titles(owner, query: str = "") -> list[str]:
    return [row.title for row in conversation_list(owner_id=owner.id, query=query, page=None, limit=30).rows]


class TestConversationList:
    def test_shows_the_newest_activity_first(self):
        owner = make_user()
        make_conversation(owner, title="old", updated_at=NOON)
        make_conversation(owner, title="new", updated_at=NOON + timedelta(hours=1))

        assert titles(owner) == ["new", "old"]

    def test_shows_nobody_elses(self):
        make_conversation(make_user(), title="theirs")

        assert titles(make_user(), query="theirs") == []

    @pytest.mark.parametrize("query", ["PARIS", "paris", "ari", "  Paris ", "Par\x00is"])
    def test_finds_a_title_by_any_part_in_any_case(self, query):
        owner = make_user()
        make_conversation(owner, title="A week in Paris")
        make_conversation(owner, title="Sorting a list")

        assert titles(owner, query) == ["A week in Paris"]

    def test_finds_chinese(self):
        owner = make_user()
        make_conversation(owner, title="北京三日游")

        assert titles(owner, "三日") == ["北京三日游"]

    @pytest.mark.parametrize("query", ["%", "_", "50%", "\\"])
    def test_takes_every_sign_of_a_query_literally(self, query):
        owner = make_user()
        make_conversation(owner, title="plain")
        make_conversation(owner, title=f"with {query}")

        assert titles(owner, query) == [f"with {query}"]

    def test_takes_no_more_rows_than_a_page_may_have(self):
        owner = make_user()
        model = model_get_default()
        Conversation.objects.bulk_create(
            [Conversation(owner=owner, model=model, temperature=1.0) for _ in range(MAX_PAGE + 1)]
        )

        assert len(conversation_list(owner_id=owner.id, query="", page=None, limit=10_000).rows) == MAX_PAGE
        assert len(conversation_list(owner_id=owner.id, query="", page=None, limit=0).rows) == 1

    @settings(max_examples=20, deadline=None)
    @given(minutes=st.lists(st.integers(0, 3), min_size=1, max_size=9), limit=st.integers(1, 4))
    def test_pages_cover_every_row_once_in_order(self, minutes, limit):
        owner = make_user()
        for minute in minutes:  # few different times, so that many are equal
            make_conversation(owner, updated_at=NOON + timedelta(minutes=minute))

        found = conversation_list(owner_id=owner.id, query="", page=None, limit=limit)
        rows, num_pages = found.rows, 1
        while found.next_page and num_pages <= len(minutes):
            found = conversation_list(owner_id=owner.id, query="", page=found.next_page, limit=limit)
            assert 1 <= len(found.rows) <= limit
            rows, num_pages = rows + found.rows, num_pages + 1

        assert rows == list(Conversation.objects.filter(owner=owner).order_by("-updated_at", "-id"))

    def test_goes_on_where_it_was_though_a_newer_one_came(self):
        owner = make_user()
        old = [make_conversation(owner, updated_at=NOON - timedelta(minutes=age)) for age in range(4)]
        first = conversation_list(owner_id=owner.id, query="", page=None, limit=2)

        make_conversation(owner, updated_at=NOON + timedelta(minutes=1))
        second = conversation_list(owner_id=owner.id, query="", page=first.next_page, limit=2)

        assert first.rows + second.rows == old
        assert second.next_page is None

    @pytest.mark.parametrize(
        "page",
        [
            "x",
            "é",
            "====",
            encoded([]),
            encoded({}),
            encoded([1, 2]),
            encoded(["yesterday", str(NIL)]),
            encoded([NOON.isoformat(), "no id"]),
            encoded(["0001-01-01T00:00:00+14:00", str(NIL)]),
        ],
    )
    def test_refuses_a_page_that_no_answer_gave(self, page):
        with pytest.raises(PageUnknown):
            conversation_list(owner_id=make_user().id, query="", page=page, limit=1)


class TestConversationGet:
    @pytest.mark.parametrize("get", [conversation_get, conversation_get_for_update])
    def test_finds_ones_own_and_nobody_elses(self, get):
        mine, theirs = make_conversation(make_user()), make_conversation(make_user())

        assert get(owner_id=mine.owner_id, conversation_id=mine.id) == mine
        with pytest.raises(ConversationNotFound):
            get(owner_id=mine.owner_id, conversation_id=theirs.id)


class TestMessages:
    def test_come_oldest_first_siblings_too(self):
        conversation = make_conversation(make_user())
        question = make_question(conversation)
        first = make_answer(conversation, parent=question)
        follow_up = make_question(conversation, parent=first)
        second = make_answer(conversation, parent=question)

        assert message_list(conversation_id=conversation.id) == [question, first, follow_up, second]

    def test_of_another_person_are_not_there(self):
        theirs = make_question(make_conversation(make_user()))

        with pytest.raises(MessageNotFound):
            message_get(owner_id=make_user().id, message_id=theirs.id)

    def test_are_found_again_by_their_owners_client_id_alone(self):
        client_id = uuid4()

        message = make_question(make_conversation(make_user()), client_message_id=client_id)

        assert message_find_resent(owner_id=message.owner_id, client_message_id=client_id) == message
        assert message_find_resent(owner_id=make_user().id, client_message_id=client_id) is None
