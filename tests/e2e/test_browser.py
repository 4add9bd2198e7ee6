"""What a person does with it, in a real Chromium, against the whole running product."""

import asyncio
import json
import re

import pytest
from playwright.async_api import BrowserContext, expect

from chatapp.launch.configuration import DEFAULT_MODEL_SLUG
from tests.e2e.browsing import (
    Screen,
    conversation_at,
    downloaded,
    new_screen,
    picture,
    publish,
    stored_messages,
)
from tests.support.client import Person
from tests.support.product import SCRIPTED, Product
from tests.support.scripted_model.answers import Hold, story

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARIS_QUESTION = "What is the capital of France?"


class TestAConversation:
    async def test_begins_with_the_first_question_and_knows_it_at_the_second(self, chat: Screen):
        await chat.ask(PARIS_QUESTION)
        await expect(chat.answers.last).to_contain_text("Paris")
        await chat.finished(number=1)
        await chat.ask("And of Italy?")

        await expect(chat.answers.nth(1)).to_contain_text("Rome")
        assert chat.errors == []

    async def test_can_be_renamed_found_and_deleted(self, chat: Screen, person: Person):
        await chat.ask("Say: Yes.")
        await chat.finished()
        await chat.at("conversation-menu").click()
        await chat.at("rename").click()
        await chat.at("rename-input").or_(chat.at("title-input")).first.fill("Zebra crossing")
        await chat.page.keyboard.press("Enter")
        await expect(chat.at("conversation-row")).to_contain_text("Zebra crossing")

        await chat.at("search-input").fill("ZEBRA")
        await expect(chat.at("conversation-row")).to_have_count(1)
        await chat.at("search-input").fill("giraffe")
        await expect(chat.at("conversation-row")).to_have_count(0)
        await chat.at("search-input").fill("")
        await chat.at("conversation-menu").click()
        await chat.at("delete").click()
        await chat.at("confirm").click()

        await expect(chat.at("conversation-row")).to_have_count(0)
        assert person.rest("GET", "/conversations").body["items"] == []


class TestAnAnswerUnderWay:
    async def test_goes_on_after_a_reload_with_its_text_once(
        self, chat: Screen, person: Person, conversation: str, product: Product, hold: Hold
    ):
        await chat.ask(story(hold))
        await chat.streaming()
        await chat.screenshot(picture("streaming"))

        await chat.page.reload()
        await chat.streaming()
        product.let_go(hold)
        await chat.finished()

        (message,) = [m for m in stored_messages(person, conversation) if m["role"] == "assistant"]
        await chat.shows_answer(message["text"])

    async def test_shows_in_a_second_tab_alike(
        self, chat: Screen, context: BrowserContext, person: Person, product: Product, hold: Hold
    ):
        await chat.ask(story(hold))
        await chat.streaming()

        other = await (await new_screen(context)).open(chat.page.url)
        await other.streaming()
        product.let_go(hold)
        await asyncio.gather(chat.finished(), other.finished())

        message = stored_messages(person, conversation_at(chat))[-1]
        await chat.shows_answer(message["text"])
        await other.shows_answer(message["text"])

    async def test_stops_and_keeps_its_text(self, chat: Screen, person: Person, conversation: str, hold: Hold):
        await chat.ask(story(hold))
        await chat.streaming()

        await chat.at("composer-stop").click()
        await expect(chat.answers.last).to_have_attribute("data-state", "cancelled")

        message = stored_messages(person, conversation)[-1]
        await chat.shows_answer(message["text"])
        await expect(chat.at("outcome")).to_be_visible()
        await expect(chat.at("composer-send")).to_be_visible()


class TestTheTree:
    async def test_keeps_both_answers_when_one_is_regenerated(self, chat: Screen, person: Person, conversation: str):
        await chat.ask(PARIS_QUESTION)
        await chat.finished()
        await chat.answers.last.hover()
        await chat.at("regenerate").click()
        await expect(chat.at("sibling-count")).to_have_text(re.compile("2.*2"))
        await chat.finished()

        await chat.at("sibling-prev").click()
        await expect(chat.at("sibling-count")).to_have_text(re.compile("1.*2"))
        await chat.page.reload()

        await expect(chat.at("sibling-count")).to_have_text(re.compile("1.*2"))
        answers = [m for m in stored_messages(person, conversation) if m["role"] == "assistant"]
        assert len(answers) == 2
        assert answers[0]["parent_id"] == answers[1]["parent_id"]

    async def test_keeps_both_questions_when_one_is_edited(self, chat: Screen, person: Person, conversation: str):
        await chat.ask(PARIS_QUESTION)
        await chat.finished()
        await chat.at("message-user").hover()
        await chat.at("edit").click()
        await chat.at("edit-input").fill("What is the capital of Germany?")
        await chat.at("edit-save").click()
        await expect(chat.answers.last).to_contain_text("Berlin")

        await chat.at("sibling-prev").first.click()

        await expect(chat.answers.last).to_contain_text("Paris")
        questions = [m["text"] for m in stored_messages(person, conversation) if m["role"] == "user"]
        assert questions == [PARIS_QUESTION, "What is the capital of Germany?"]


class TestModeration:
    async def test_never_lets_a_blocked_word_into_the_page_or_a_frame(self, chat: Screen, product: Product):
        await asyncio.to_thread(publish, product, word="Tokyo", action="block", stage="output")

        await chat.ask("What is the capital of Japan?")
        await expect(chat.answers.last).to_have_attribute("data-state", "withheld")
        await expect(chat.at("withheld-card")).to_contain_text("Not in this house.")
        await chat.screenshot(picture("blocked"))

        assert not await chat.ever_seen("Tok")
        assert [frame for frame in chat.frames if "Tok" in frame] == []

    async def test_gives_a_blocked_question_back_to_the_composer(
        self, chat: Screen, product: Product, person: Person, conversation: str
    ):
        await asyncio.to_thread(publish, product, word="grumbleflump", action="block", stage="input")

        await chat.ask("Tell me about grumbleflump, please.")
        await expect(chat.at("notice-card")).to_contain_text("Not in this house.")
        await chat.screenshot(picture("blocked-input"))

        await expect(chat.at("composer-input")).to_have_value("Tell me about grumbleflump, please.")
        assert stored_messages(person, conversation) == []

    async def test_gives_the_operators_answer_to_a_question_that_is_not_the_models(
        self, chat: Screen, product: Product
    ):
        await asyncio.to_thread(
            publish,
            product,
            word="wobbleglum",
            action="safe_completion",
            stage="input",
            safe_completion_en="You are not alone. Call **988**.",
        )

        await chat.ask("I feel wobbleglum today.")
        await expect(chat.answers.last).to_contain_text("You are not alone. Call 988.")
        await expect(chat.at("rule-notice")).to_contain_text(
            "This answer was written by the people who run this service."
        )
        await chat.screenshot(picture("safe-answer"))
        await chat.page.reload()

        await expect(chat.at("rule-notice")).to_contain_text("Not in this house.")
        await expect(chat.answers.last).to_have_attribute("data-state", "completed")
        await expect(chat.at("composer-input")).to_have_value("")

    async def test_shows_a_warning_beside_the_message_and_still_after_a_reload(self, chat: Screen, product: Product):
        await asyncio.to_thread(publish, product, word="plimplam", action="warn", stage="input")

        await chat.ask("What is a plimplam?")
        await expect(chat.at("rule-notice")).to_contain_text("A note on your message: other.")
        await expect(chat.at("rule-notice")).to_contain_text("Not in this house.")
        await chat.screenshot(picture("warning"))
        await chat.page.reload()

        await expect(chat.at("rule-notice")).to_contain_text("Not in this house.")


class TestExport:
    async def test_from_the_menu_has_the_whole_tree(self, chat: Screen, conversation: str):
        await chat.ask(PARIS_QUESTION)
        await chat.finished()
        await chat.at("conversation-menu").click()

        async with chat.page.expect_download() as download:
            await chat.at("export-json").click()
        body = json.loads(await downloaded(download))

        assert body["schema"] == "chatapp/conversation/1"
        assert body["conversation"]["id"] == conversation
        assert [message["role"] for message in body["messages"]] == ["user", "assistant"]
        assert body["messages"][1]["generation"]["model"] == SCRIPTED.slug

    async def test_as_markdown_reads_as_the_branch(self, chat: Screen):
        await chat.ask(PARIS_QUESTION)
        await chat.finished()
        await chat.at("conversation-menu").click()

        async with chat.page.expect_download() as download:
            await chat.at("export-markdown").click()
        text = await downloaded(download)

        assert PARIS_QUESTION in text
        assert "The capital of France is Paris." in text


class TestChoosing:
    async def test_a_template_asks_for_its_variables_and_gives_them_to_the_model(
        self, screen: Screen, person: Person, product: Product
    ):
        await screen.open(person.address)
        await screen.page.get_by_text("Translator").first.click()
        await screen.at("variable-language").fill("French")
        await screen.ask("Good morning")
        await screen.finished()

        prompt = product.manage(
            "from chatapp.conversations.models import Conversation\n"
            f"result = Conversation.objects.get(id='{conversation_at(screen)}').system_prompt"
        )
        assert "into French" in prompt

    async def test_another_model_has_it_answer(self, screen: Screen, person: Person):
        conversation = person.conversation_create(model=DEFAULT_MODEL_SLUG)
        await screen.open(f"{person.address}/c/{conversation}")
        await screen.at("model-picker").click()
        await screen.page.get_by_text("Scripted model").last.click()
        await expect(screen.at("model-picker")).to_contain_text("Scripted model")

        await screen.ask(PARIS_QUESTION)
        await screen.finished()

        await screen.shows_answer("The capital of France is Paris.")
        body = person.rest("GET", f"/conversations/{conversation}").body
        assert body["generations"][-1]["model"] == SCRIPTED.slug


class TestAConnectionThatBreaks:
    async def test_says_so_and_loses_nothing_that_was_sent(self, chat: Screen, context: BrowserContext):
        await chat.ask("Say: Yes.")
        await chat.finished()

        await context.set_offline(True)
        await chat.ask(PARIS_QUESTION)
        await context.set_offline(False)

        await expect(chat.answers.nth(1)).to_contain_text("Paris")
