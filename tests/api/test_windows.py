"""`/conversations/{id}/window` and `/skeleton`: a long conversation read in parts, as a page or a program reads it."""

from typing import Any

import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from chatapp.conversations import windows
from chatapp.conversations.models import Conversation, Message
from chatapp.conversations.windows import DEFAULT_WINDOW_AFTER, DEFAULT_WINDOW_BEFORE
from chatapp.generations.models import LIVE_STATUSES, Generation, GenerationStatus
from chatapp.generations.turns.services import Turn
from tests.api.refusals import details, refusal
from tests.support.factories import make_answer, make_conversation, make_question, make_turn, make_user
from tests.support.fold import facts_of
from tests.support.life import Life
from tests.support.paged_fold import PagedConversation, skeleton_nodes

PATH = "/api/v1/conversations"
MAX_TURNS = 6


@pytest.fixture
def conversation(person) -> Conversation:
    return make_conversation(person)


@pytest.fixture
def long(conversation, monkeypatch):
    """A conversation of six messages, which is too many to be given whole; oldest first."""
    monkeypatch.setattr(windows, "MAX_WHOLE", 4)
    messages: list[Message] = []
    for _ in range(3):
        messages.append(make_question(conversation, parent=messages[-1] if messages else None))
        messages.append(make_answer(conversation, parent=messages[-1]))
    return messages


def window(api, conversation, **query):
    return api.get(f"{PATH}/{conversation.id}/window", query)


def skeleton(api, conversation, **query):
    return api.get(f"{PATH}/{conversation.id}/skeleton", query)


def ids(rows) -> list[str]:
    return [str(row["id"] if isinstance(row, dict) else row.id) for row in rows]


@pytest.mark.django_db
@pytest.mark.postgres
class TestWindow:
    def test_of_a_small_conversation_is_its_snapshot(self, api, conversation):
        make_turn(conversation, status=GenerationStatus.COMPLETED)

        whole = window(api, conversation).json()
        snapshot = api.get(f"{PATH}/{conversation.id}").json()

        assert whole.pop("is_whole") is True
        assert {**whole, "feed": None} == {**snapshot, "feed": None}

    def test_of_a_conversation_without_messages_is_whole_and_empty(self, api, conversation):
        body = window(api, conversation).json()

        assert (body["messages"], body["is_whole"]) == ([], True)

    def test_is_the_branch_around_the_leaf_where_no_message_is_named(self, api, conversation, long):
        body = window(api, conversation, before=2).json()

        assert (ids(body["messages"]), body["is_whole"]) == (ids(long[3:]), False)

    def test_has_so_many_above_and_below_where_no_number_is_named(self, api, conversation, long):
        messages = [*long]
        for _ in range(60):
            messages.append(make_question(conversation, parent=messages[-1]))
            messages.append(make_answer(conversation, parent=messages[-1]))

        found = window(api, conversation, at=str(messages[60].id)).json()["messages"]

        assert ids(found) == ids(messages[60 - DEFAULT_WINDOW_BEFORE : 60 + DEFAULT_WINDOW_AFTER + 1])

    def test_is_the_branch_around_the_message_that_is_named(self, api, conversation, long):
        body = window(api, conversation, at=str(long[2].id), before=1, after=2).json()

        assert ids(body["messages"]) == ids(long[1:5])

    def test_begins_at_the_newest_message_where_no_branch_is_in_view(self, api, conversation, long):
        Conversation.objects.update(active_leaf=None)

        assert ids(window(api, conversation, before=0).json()["messages"]) == ids(long[5:])

    def test_has_the_generations_of_its_answers_and_every_one_under_way(self, api, conversation, long):
        ended, elsewhere = (
            make_turn(conversation, parent=long[5], status=GenerationStatus.COMPLETED),
            make_turn(conversation, status=GenerationStatus.COMPLETED),
        )
        live = make_turn(conversation)
        make_turn(make_conversation(conversation.owner))

        body = window(api, conversation, at=str(ended.message_id), before=3).json()

        assert ids(body["generations"]) == ids([ended, live])
        assert str(elsewhere.id) not in ids(body["generations"])

    @pytest.mark.parametrize(
        ("query", "field"), [({"before": 201}, "before"), ({"after": -1}, "after"), ({"at": "seven"}, "at")]
    )
    def test_refuses_what_it_cannot_use_by_its_name(self, api, conversation, query, field):
        response = window(api, conversation, **query)

        assert (refusal(response), details(response)) == ((422, "body_invalid"), {"field": field})

    def test_refuses_a_message_of_another_conversation(self, api, conversation, person):
        elsewhere = make_question(make_conversation(person))

        assert refusal(window(api, conversation, at=str(elsewhere.id))) == (404, "message_not_found")

    @pytest.mark.parametrize("read", [window, skeleton])
    def test_and_skeleton_of_another_person_are_not_there(self, api, read):
        assert refusal(read(api, make_conversation(make_user()))) == (404, "conversation_not_found")


@pytest.mark.django_db
@pytest.mark.postgres
class TestSkeleton:
    def test_has_every_message_without_its_words(self, api, conversation, long):
        make_answer(conversation, parent=long[0], text="Other.", state="withheld", restored_from=long[1])

        body = skeleton(api, conversation).json()

        other = body["ids"][-1]
        assert body["ids"] == ids([*long, conversation.messages.get(text="Other.")])
        assert (body["parents"], body["roles"], body["states"]) == ([None, 0, 1, 2, 3, 4, 0], "uauauaa", "vvvvvvw")
        assert (body["restored"], body["next_after"]) == ({other: str(long[1].id)}, None)

    def test_goes_on_page_by_page_and_names_parents_of_earlier_pages_by_id(self, api, conversation, long, monkeypatch):
        monkeypatch.setattr(windows, "SKELETON_PAGE", 4)

        first = skeleton(api, conversation).json()
        second = skeleton(api, conversation, after=first["next_after"]).json()

        assert second["parents"] == [str(long[3].id), 0]
        assert [node["parent_id"] for node in skeleton_nodes(first) + skeleton_nodes(second)] == [
            row.parent_id and str(row.parent_id) for row in long
        ]


class Reader:
    """One conversation, its life, and a client that reads it in parts, some of which are long on their way."""

    def __init__(self) -> None:
        Conversation.objects.all().delete()  # an earlier example's answers must not be claimed
        self.life = Life()
        self.life.begin()
        self.turns = [self.life.ask()]
        self.running: list[Generation] = []
        self.api = Client()
        self.api.force_login(self.life.owner)
        self.known = PagedConversation()
        self.on_the_way: list[dict[str, Any]] = []
        self.num_heard = 0
        self.steps = [self.ask, self.again, self.claim, self.end, self.rename, self.window, self.around, self.skeleton]
        self.steps += [self.arrive, self.hear, self.hear]

    def read(self, what: str, **query: str) -> Any:
        response = self.api.get(f"{PATH}/{self.life.conversation_id}{what}", query)
        assert response.status_code == 200, response.content
        return response.json()

    # What happens, if it can happen now; `pick` is some number.

    def ask(self, pick: int) -> None:
        parents = [None, *self.written()]
        if len(self.turns) < MAX_TURNS:
            self.turns.append(self.life.ask(parent=parents[pick % len(parents)]))

    def again(self, pick: int) -> None:
        written = self.written()
        if written and len(self.turns) < MAX_TURNS:
            self.turns.append(self.life.again(written[pick % len(written)]))

    def claim(self, pick: int) -> None:
        if Generation.objects.filter(status="queued", kind="answer").exists():
            self.running.append(self.life.claim())

    def end(self, pick: int) -> None:
        if self.running:
            self.life.end(self.running.pop(pick % len(self.running)))

    def rename(self, pick: int) -> None:
        self.life.change(title=f"Title {pick}")

    def window(self, pick: int) -> None:
        self.on_the_way.append(self.read("/window", before="1"))

    def around(self, pick: int) -> None:
        at = self.turns[pick % len(self.turns)].message_id
        self.on_the_way.append(self.read("/window", at=str(at), before="1", after="1"))

    def skeleton(self, pick: int) -> None:
        self.on_the_way.append(self.read("/skeleton"))

    def arrive(self, pick: int) -> None:
        if self.on_the_way:
            self.known.page_fold(self.on_the_way.pop(pick % len(self.on_the_way)))

    def hear(self, pick: int = 0) -> None:
        facts = facts_of(self.life.owner.id)
        for fact in facts[self.num_heard :]:
            self.known.fact_fold(fact.model_dump(mode="json"))
        self.num_heard = len(facts)

    def written(self) -> list[Turn]:
        live = Generation.objects.filter(status__in=LIVE_STATUSES).values_list("id", flat=True)
        return [turn for turn in self.turns if turn.generation_id not in live]

    def read_on(self) -> None:
        """Everything that is on its way arrives; then what is missing is read, a window at a time."""
        while self.on_the_way:
            self.arrive(0)
        page = self.read("/skeleton")
        self.known.page_fold(page)
        while page["next_after"] is not None:
            page = self.read("/skeleton", after=page["next_after"])
            self.known.page_fold(page)
        while self.known.absent_ids:
            self.known.page_fold(self.read("/window", at=self.known.absent_ids[0], before="1", after="0"))
        self.hear()


@pytest.mark.django_db(transaction=True)
@pytest.mark.postgres
class TestReadingInParts:
    @settings(max_examples=80)
    @given(steps=st.lists(st.tuples(st.integers(0, 10), st.integers(0, 5)), min_size=10, max_size=40))
    def test_gives_what_a_fresh_snapshot_has_whatever_came_when(self, steps):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(windows, "MAX_WHOLE", 1)
            patch.setattr(windows, "SKELETON_PAGE", 3)
            reader = Reader()
            for step, pick in steps:
                reader.steps[step](pick)

            reader.read_on()

            fresh = reader.read("")
        assert reader.known.conversation == fresh["conversation"]
        assert sorted(reader.known.nodes.values(), key=lambda row: row["id"]) == fresh["messages"]
        assert {row["id"]: row for row in fresh["generations"]}.items() <= reader.known.generations.items()
