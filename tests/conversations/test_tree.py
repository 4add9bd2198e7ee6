"""Branches and siblings: pure."""

from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatapp.conversations.models import Message
from chatapp.conversations.tree import branch, siblings
from chatapp.core.ids import uuid7


@st.composite
def trees(draw: st.DrawFn) -> list[Message]:
    """A forest of unsaved messages, each child after its parent."""
    messages: list[Message] = []
    for _ in range(draw(st.integers(1, 12))):
        parent = draw(st.sampled_from([None, *messages]))
        messages.append(Message(id=uuid7(), parent_id=parent.id if parent else None))
    return messages


class TestBranch:
    @given(trees(), st.data())
    def test_leads_from_a_root_to_the_leaf_step_by_step(self, messages, data):
        leaf = data.draw(st.sampled_from(messages))

        path = branch(messages, leaf_id=leaf.id)

        assert path[-1] == leaf
        assert [message.parent_id for message in path] == [None, *(message.id for message in path[:-1])]

    def test_is_empty_for_no_leaf(self):
        assert branch([Message(id=uuid7())], leaf_id=None) == []

    def test_refuses_a_leaf_that_is_not_there(self):
        with pytest.raises(KeyError):
            branch([Message(id=uuid7())], leaf_id=uuid4())


class TestSiblings:
    @given(trees(), st.data())
    def test_are_all_who_share_the_parent_oldest_first(self, messages, data):
        message = data.draw(st.sampled_from(messages))

        found = siblings(list(reversed(messages)), message=message)

        assert found == [other for other in messages if other.parent_id == message.parent_id]
