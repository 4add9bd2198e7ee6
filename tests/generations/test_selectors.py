"""What a page that shows one conversation is given, and where an answer waits."""

from uuid import uuid4

import pytest

from chatapp.conversations.errors import ConversationNotFound
from chatapp.core import clock
from chatapp.core.signs_of_life import worker_sign
from chatapp.feed import keys, log
from chatapp.feed.events import SocketEvicted
from chatapp.generations.errors import GenerationNotFound
from chatapp.generations.models import GenerationStatus
from chatapp.generations.selectors import conversation_snapshot, generation_get, generation_place, live_generations
from tests.support.factories import make_conversation, make_model, make_title_generation, make_turn, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]

RUNNING = GenerationStatus.RUNNING


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def snapshot(conversation, *, owner=None):
    owner_id = owner.id if owner else conversation.owner_id
    return conversation_snapshot(owner_id=owner_id, conversation_id=conversation.id)


class TestConversationSnapshot:
    def test_has_the_whole_tree_and_every_answers_generation(self, conversation):
        first, second = make_turn(conversation, status=GenerationStatus.COMPLETED), make_turn(conversation)
        make_title_generation(conversation)

        found = snapshot(conversation)

        assert found.messages == list(conversation.messages.order_by("id"))
        assert [view.id for view in found.generations] == [first.id, second.id]

    def test_has_text_and_seq_of_one_moment_for_an_answer_under_way(self, conversation):
        row = make_turn(conversation, status=RUNNING, checkpoint_text="P", checkpoint_seq=1)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="", fallback_seq=0)
        for seq, text in enumerate(["Pa", "ris"]):
            log.append_all([log.Append(row.id, 1, seq, text)])

        (view,) = snapshot(conversation).generations

        assert (view.status, view.text, view.seq) == ("running", "Paris", 2)

    def test_has_the_databases_copy_where_the_event_log_was_lost(self, conversation):
        make_turn(conversation, status=RUNNING, checkpoint_text="Par", checkpoint_seq=4)

        (view,) = snapshot(conversation).generations

        assert (view.text, view.seq) == ("Par", 4)

    def test_has_no_text_of_an_ended_answer_beside_its_message(self, conversation):
        row = make_turn(conversation, status=RUNNING)
        log.take_over(generation_id=row.id, attempt=1, fallback_text="old", fallback_seq=3)
        type(row).objects.update(
            status="completed", finish_reason="stop", finished_at=clock.now(), worker="", checkpoint_seq=5
        )

        (view,) = snapshot(conversation).generations

        assert (view.status, view.text, view.seq) == ("completed", "", 5)

    def test_has_a_cursor_after_which_nothing_is_missed(self, conversation, event_log):
        owner_id = conversation.owner_id

        found = snapshot(conversation)
        log.fact_add(user_id=owner_id, fact=SocketEvicted(socket_id=uuid4()))

        assert len(event_log.xrange(keys.feed_key(owner_id), min=f"({found.feed}")) == 1

    def test_is_not_given_to_another_person(self, conversation):
        with pytest.raises(ConversationNotFound):
            snapshot(conversation, owner=make_user())


class TestGenerationPlace:
    @staticmethod
    def place(row):
        found = generation_place(owner_id=row.owner_id, generation_id=row.id)
        return found.status, found.position

    def test_counts_who_is_before_it(self, conversation):
        title = make_title_generation(conversation)
        rows = [make_turn(make_conversation(make_user())) for _ in range(3)]

        assert [self.place(row) for row in [*rows, title]] == [
            ("queued", 1),
            ("queued", 2),
            ("queued", 3),
            ("queued", 4),
        ]

    def test_counts_only_who_waits_for_the_same_model(self, conversation):
        make_turn(make_conversation(make_user(), model=make_model("second")))

        assert self.place(make_turn(conversation)) == ("queued", 1)

    @pytest.mark.parametrize("status", [RUNNING, GenerationStatus.COMPLETED])
    def test_is_none_once_it_began(self, conversation, status):
        assert self.place(make_turn(conversation, status=status)) == (status, 0)

    def test_says_whether_a_worker_of_its_model_is_up(self, conversation):
        row = make_turn(conversation)
        before = generation_place(owner_id=row.owner_id, generation_id=row.id)

        worker_sign(slug=row.model.slug, worker="host-1", stats="{}")
        after = generation_place(owner_id=row.owner_id, generation_id=row.id)

        assert (before.is_worker_available, after.is_worker_available) == (False, True)

    def test_is_nobody_elses_business(self, conversation):
        with pytest.raises(GenerationNotFound):
            generation_place(owner_id=make_user().id, generation_id=make_turn(conversation).id)


class TestGenerationGet:
    def test_finds_ones_own_and_nobody_elses(self, conversation):
        row = make_turn(conversation)

        assert generation_get(owner_id=row.owner_id, generation_id=row.id) == row
        for owner_id, generation_id in ((make_user().id, row.id), (row.owner_id, uuid4())):
            with pytest.raises(GenerationNotFound):
                generation_get(owner_id=owner_id, generation_id=generation_id)


class TestLiveGenerations:
    def test_are_ones_own_answers_under_way(self, conversation):
        rows = [make_turn(conversation), make_turn(conversation, status=RUNNING)]
        make_turn(conversation, status=GenerationStatus.COMPLETED)
        make_title_generation(conversation)
        make_turn(make_conversation(make_user()))

        found = live_generations(owner_id=conversation.owner_id)

        assert found == {row.id: conversation.id for row in rows}
