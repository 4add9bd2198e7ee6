"""The default model through the whole product: that it speaks, that this streams, and that nothing of it is lost."""

import re

import pytest
from playwright.async_api import expect

from chatapp.launch.configuration import DEFAULT_MODEL_SLUG
from tests.e2e.browsing import Screen, conversation_at, picture, stored_messages
from tests.support.client import Person
from tests.support.product import MAX_NEW_TOKENS

pytestmark = pytest.mark.asyncio(loop_scope="session")

QUESTION = "What is the capital of France?"


class TestTheDefaultModel:
    async def test_streams_an_answer_that_is_stored_as_it_was_heard(self, person: Person):
        conversation = person.conversation_create(model=DEFAULT_MODEL_SLUG)
        async with person.socket() as tab:
            await tab.watch(conversation)

            end = await tab.answer(conversation, QUESTION)

        generation = end["generation"]
        assert (generation["model"], generation["status"]) == (DEFAULT_MODEL_SLUG, "completed")
        assert 0 < generation["usage"]["num_completion_tokens"] <= MAX_NEW_TOKENS
        assert end["message"]["text"] == tab.texts[generation["id"]] != ""
        assert tab.seqs[generation["id"]] == list(range(1, generation["seq"] + 1))

    async def test_gives_the_empty_page_an_answer_and_an_address(self, screen: Screen, person: Person):
        await screen.open(person.address)
        await screen.screenshot(picture("empty"))

        await screen.ask(QUESTION)
        await screen.finished()

        assert re.search(r"/c/[0-9a-f-]{36}$", screen.page.url)
        [_question, answer] = stored_messages(person, conversation_at(screen))
        await screen.shows_answer(answer["text"])
        await expect(screen.at("conversation-row")).to_have_count(1)
