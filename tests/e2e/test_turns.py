"""A conversation over REST and the socket, answered by a real worker in which the model alone is scripted."""

import asyncio

from chatapp.launch.configuration import DEFAULT_MODEL_SLUG
from tests.support.client import Person, Tab
from tests.support.product import SCRIPTED, SCRIPTED_CONTEXT_WINDOW, Product
from tests.support.scripted_model.answers import TITLE, Hold, story

PARIS_QUESTION = "What is the capital of France?"
ITALY_QUESTION = "And of Italy?"


def folded(tab, generation_id):
    """What a client has after every event of a generation, in order."""
    return tab.texts.get(generation_id, "")


async def begun(tab: Tab, conversation: str, question: str) -> str:
    """Ask, and return the generation once a part of its answer was heard."""
    reply = await tab.ask(conversation, question)
    await tab.some_text(reply["generation_id"])
    return str(reply["generation_id"])


class TestAConversation:
    async def test_answers_a_second_question_from_the_history(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)

            first = await tab.answer(conversation, PARIS_QUESTION)
            second = await tab.answer(conversation, ITALY_QUESTION, parent_id=first["message"]["id"])

        assert "Paris" in first["message"]["text"]
        assert "Rome" in second["message"]["text"]

    async def test_gives_the_model_the_history_and_says_so(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)

            first = await tab.answer(conversation, PARIS_QUESTION)
            second = await tab.answer(conversation, ITALY_QUESTION, parent_id=first["message"]["id"])

        # system prompt and question; then also the first answer and the second question
        assert first["generation"]["context"]["num_messages"] == 2
        assert second["generation"]["context"]["num_messages"] == 4
        assert second["generation"]["context"]["left_out_message_ids"] == []
        assert (
            second["generation"]["usage"]["num_prompt_tokens"]
            > first["generation"]["usage"]["num_prompt_tokens"] + first["generation"]["usage"]["num_completion_tokens"]
        )

    async def test_cannot_answer_the_second_question_without_the_history(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)

            alone = await tab.answer(conversation, ITALY_QUESTION)

        assert "Rome" not in alone["message"]["text"]

    async def test_gets_a_title_from_the_model_after_the_first_answer(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            await tab.answer(conversation, PARIS_QUESTION)

            renamed = await tab.until_event(
                lambda event: event["type"] == "conversation.updated" and event["conversation"]["title"]
            )

        stored = person.rest("GET", f"/conversations/{conversation}").body["conversation"]
        assert stored["title"] == renamed["conversation"]["title"] == TITLE


class TestTheEventsOfAGeneration:
    async def test_fold_into_the_stored_message(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)

            end = await tab.answer(conversation, "Say: one two three four five six seven eight nine ten")

        generation_id = end["generation"]["id"]
        assert (
            folded(tab, generation_id) == end["message"]["text"] == "one two three four five six seven eight nine ten"
        )
        assert end["generation"]["seq"] > 1
        assert tab.seqs[generation_id] == list(range(1, end["generation"]["seq"] + 1))
        stored = person.rest("GET", f"/conversations/{conversation}").body["messages"][-1]
        assert stored == end["message"]

    async def test_fold_into_the_stored_message_for_a_tab_that_comes_in_the_middle(
        self, person: Person, product: Product, hold: Hold
    ):
        conversation = person.conversation_create()
        async with person.socket() as tab, person.socket() as late:
            await tab.watch(conversation)
            generation_id = await begun(tab, conversation, story(hold))

            await late.watch(conversation)
            product.let_go(hold)
            end = await late.finished(generation_id)

        assert folded(late, generation_id) == end["message"]["text"]
        assert late.seqs[generation_id][0] > 1

    async def test_fold_into_the_stored_message_after_a_reconnect_with_a_cursor(
        self, person: Person, product: Product, hold: Hold
    ):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            generation_id = await begun(tab, conversation, story(hold))
            left = tab.place(generation_id)

        async with person.socket() as again:
            await again.watch_from(conversation, left)
            product.let_go(hold)
            end = await again.finished(generation_id)

        assert folded(again, generation_id) == end["message"]["text"]
        assert again.seqs[generation_id][0] == left.seq + 1

    async def test_fold_into_the_stored_message_where_the_answer_ended_while_the_tab_was_away(
        self, person: Person, product: Product, hold: Hold
    ):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            generation_id = await begun(tab, conversation, story(hold))
            left = tab.place(generation_id)
        async with person.socket() as other:
            await other.watch(conversation)
            product.let_go(hold)
            end = await other.finished(generation_id)

        async with person.socket() as again:
            await again.watch_from(conversation, left)
            heard = await again.finished(generation_id)

        assert heard == end
        assert folded(again, generation_id) == end["message"]["text"]
        assert again.seqs[generation_id] == list(range(left.seq + 1, end["generation"]["seq"] + 1))

    async def test_begin_from_a_snapshot_where_a_tab_names_an_ended_answer_and_no_cursor(
        self, person: Person, product: Product, hold: Hold
    ):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            generation_id = await begun(tab, conversation, story(hold))
            seq = tab.seqs[generation_id][-1]
            product.let_go(hold)
            await tab.finished(generation_id)

        async with person.socket() as again:
            await again.send({"type": "watch", "conversation_ids": [conversation], "generations": {generation_id: seq}})
            resync = await again.until(lambda frame: frame["type"] == "resync")

        assert resync["reason"] == "cursor_expired"

    async def test_reach_two_tabs_alike(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as one, person.socket() as two:
            await one.watch(conversation)
            await two.watch(conversation)

            reply = await one.ask(conversation, PARIS_QUESTION)
            ends = await asyncio.gather(*(tab.finished(reply["generation_id"]) for tab in (one, two)))

        assert ends[0] == ends[1]
        assert folded(one, reply["generation_id"]) == folded(two, reply["generation_id"])

    async def test_stay_away_from_a_tab_that_shows_another_conversation(self, person: Person):
        conversation, other = person.conversation_create(), person.conversation_create()
        async with person.socket() as tab, person.socket() as elsewhere:
            await tab.watch(conversation)
            await elsewhere.watch(other)

            reply = await tab.ask(conversation, PARIS_QUESTION)
            await elsewhere.finished(reply["generation_id"])

        assert reply["generation_id"] not in elsewhere.texts


class TestStopping:
    async def test_keeps_the_text_so_far(self, person: Person, hold: Hold):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            generation_id = await begun(tab, conversation, story(hold))

            await tab.command(type="generation.cancel", generation_id=generation_id)
            end = await tab.finished(generation_id)

        assert end["generation"]["status"] == "cancelled"
        assert end["message"]["text"] == folded(tab, generation_id) != ""
        assert "came home" not in end["message"]["text"]

    async def test_is_refused_for_another_persons_answer(self, person: Person, product: Product, hold: Hold):
        conversation = person.conversation_create()
        stranger = product.person()
        async with person.socket() as tab, stranger.socket() as theirs:
            await tab.watch(conversation)
            await theirs.receive()
            reply = await tab.ask(conversation, story(hold))

            refusal = await theirs.command(type="generation.cancel", generation_id=reply["generation_id"])
            await tab.command(type="generation.cancel", generation_id=reply["generation_id"])
            await tab.finished(reply["generation_id"])

        assert refusal["code"] == "generation_not_found"


class TestChoosingTheModel:
    async def test_has_the_chosen_worker_answer(self, person: Person):
        conversation = person.conversation_create(model=SCRIPTED.slug)
        async with person.socket() as tab:
            await tab.watch(conversation)

            end = await tab.answer(conversation, PARIS_QUESTION)

        assert end["generation"]["model"] == SCRIPTED.slug
        assert end["generation"]["context"]["context_window"] == SCRIPTED_CONTEXT_WINDOW
        assert end["message"]["text"] == "The capital of France is Paris."

    async def test_can_change_between_turns(self, person: Person):
        conversation = person.conversation_create(model=DEFAULT_MODEL_SLUG)
        async with person.socket() as tab:
            await tab.watch(conversation)
            first = await tab.answer(conversation, PARIS_QUESTION)
            person.rest("PATCH", f"/conversations/{conversation}", {"model": SCRIPTED.slug})

            second = await tab.answer(conversation, ITALY_QUESTION, parent_id=first["message"]["id"])

        assert [end["generation"]["model"] for end in (first, second)] == [DEFAULT_MODEL_SLUG, SCRIPTED.slug]
        assert second["message"]["text"] == "The capital of Italy is Rome."


class TestAPromptTemplate:
    async def test_is_given_to_the_model_with_its_variables(self, person: Person, product: Product):
        conversation = person.conversation_create(
            template={"slug": "translator", "version": 1, "variables": {"language": "French"}}
        )

        rendered = product.manage(
            "from chatapp.conversations.models import Conversation\n"
            f"result = Conversation.objects.get(id='{conversation}').system_prompt"
        )

        assert "into French" in rendered
        async with person.socket() as tab:
            await tab.watch(conversation)
            end = await tab.answer(conversation, "Good morning")
        assert end["generation"]["context"]["num_messages"] == 2
        # The scripted model counts characters.
        assert end["generation"]["context"]["num_prompt_tokens"] == len(rendered) + len("Good morning")
