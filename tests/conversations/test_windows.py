"""A part of a tree: the branch around a message, and which messages there are."""

from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversations import windows
from chatapp.conversations.errors import MessageNotFound
from chatapp.conversations.models import Message
from chatapp.conversations.tree import branch
from tests.support.factories import make_answer, make_conversation, make_question, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

NIL = UUID(int=0)


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def turns(conversation, count: int, *, parent=None):
    """A branch of so many turns; its messages, oldest first."""
    messages: list[Message] = []
    for _ in range(count):
        question = make_question(conversation, parent=messages[-1] if messages else parent)
        messages += [question, make_answer(conversation, parent=question)]
    return messages


def around(conversation, at, *, before=2, after=2):
    return windows.message_ids_around(conversation=conversation, at=at, before=before, after=after)


class TestMessageIdsAround:
    def test_are_so_many_above_the_message_itself_and_so_many_below(self, conversation):
        branch = turns(conversation, 4)

        assert around(conversation, branch[4].id, before=3, after=2) == [row.id for row in branch[1:7]]

    def test_end_where_the_branch_ends(self, conversation):
        branch = turns(conversation, 2)

        assert around(conversation, branch[1].id, before=9, after=9) == [row.id for row in branch]

    def test_go_down_by_the_newest_child(self, conversation):
        first, second = turns(conversation, 1)
        turns(conversation, 1, parent=second)
        newest = turns(conversation, 1, parent=second)

        assert around(conversation, first.id) == [first.id, second.id, newest[0].id]

    def test_go_up_by_the_messages_own_branch(self, conversation):
        first, second = turns(conversation, 1)
        older = turns(conversation, 1, parent=second)
        turns(conversation, 1, parent=second)

        assert around(conversation, older[-1].id, before=9, after=0) == [first.id, second.id, *(m.id for m in older)]

    @pytest.mark.parametrize("is_elsewhere", [True, False])
    def test_are_refused_for_a_message_that_is_not_in_the_conversation(self, conversation, is_elsewhere):
        at = turns(make_conversation(conversation.owner), 1)[0].id if is_elsewhere else NIL

        with pytest.raises(MessageNotFound):
            around(conversation, at)

    def test_cost_no_more_queries_in_a_long_conversation(self, conversation, django_assert_num_queries):
        leaf = turns(conversation, 60)[-1]

        with django_assert_num_queries(2):
            around(conversation, leaf.id, before=40)

    @settings(max_examples=20)
    @given(data=st.data())
    def test_of_every_message_up_to_the_root_are_its_branch(self, data):
        conversation = make_conversation(make_user())
        messages: list[Message] = []
        for _ in range(data.draw(st.integers(1, 12))):
            parent = data.draw(st.sampled_from([None, *messages]))
            messages.append(
                make_answer(conversation, parent=parent)
                if parent is not None and parent.role == "user"
                else make_question(conversation, parent=parent)
            )

        for message in messages:
            whole = [row.id for row in branch(messages, leaf_id=message.id)]
            assert around(conversation, message.id, before=12, after=0) == whole


class TestMessageIdsWhole:
    def test_are_all_of_a_small_tree(self, conversation):
        branch = turns(conversation, 2)

        assert windows.message_ids_whole(conversation=conversation) == [row.id for row in branch]

    def test_are_not_read_of_one_message_too_many(self, conversation, monkeypatch):
        turns(conversation, 2)

        monkeypatch.setattr(windows, "MAX_WHOLE", 4)
        assert windows.message_ids_whole(conversation=conversation) is not None
        monkeypatch.setattr(windows, "MAX_WHOLE", 3)
        assert windows.message_ids_whole(conversation=conversation) is None


class TestSkeletonPageList:
    def test_goes_on_page_by_page_to_the_last_message(self, conversation, monkeypatch):
        monkeypatch.setattr(windows, "SKELETON_PAGE", 3)
        branch = turns(conversation, 3)

        first = windows.skeleton_page_list(conversation=conversation, after=None)
        second = windows.skeleton_page_list(conversation=conversation, after=first.next_after)

        assert [row.id for row in [*first.rows, *second.rows]] == [row.id for row in branch]
        assert (first.next_after, second.next_after) == (branch[2].id, None)

    def test_reads_no_words(self, conversation):
        turns(conversation, 1)

        page = windows.skeleton_page_list(conversation=conversation, after=None)

        assert "text" in page.rows[0].get_deferred_fields()
