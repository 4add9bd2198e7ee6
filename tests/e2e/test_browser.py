"""What a person does with it, in a real Chromium, against the whole running product."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, expect

from tests.e2e.browsing import (
    Screen,
    browsing,
    conversation_at,
    downloaded,
    new_screen,
    picture,
    publish,
    stored_messages,
)
from tests.support.client import Person
from tests.support.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARIS_QUESTION = "What is the capital of France?"
LONG_QUESTION = "Tell me a long story about a lighthouse keeper and the sea."


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, person: Person) -> AsyncIterator[BrowserContext]:
    async with browsing(browser, person) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def screen(context: BrowserContext) -> Screen:
    return await new_screen(context)


@pytest.fixture
def conversation(person: Person) -> str:
    """A conversation whose answers repeat: temperature 0."""
    return person.conversation_create()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(screen: Screen, person: Person, conversation: str) -> Screen:
    return await screen.open(f"{person.address}/c/{conversation}")


class TestSigningIn:
    async def test_is_required(self, browser: Browser, product: Product):
        async with browsing(browser, None) as nobody:
            page = await nobody.new_page()
            await page.goto(f"{product.address}/c/{uuid4()}")
            await page.screenshot(path=picture("sign-in"))

            assert "/accounts/login/" in page.url
            await expect(page.get_by_label("Password")).to_be_visible()

    async def test_up_lands_in_the_chat(self, browser: Browser, product: Product):
        async with browsing(browser, None) as nobody:
            page = await nobody.new_page()
            await page.goto(f"{product.address}/accounts/signup/")
            await page.locator("input[type=email]").fill(f"{uuid4().hex}@example.org")
            await page.locator("input[type=password]").fill("correct horse battery")
            await page.locator("form button.button").click()

            await expect(page.get_by_test_id("composer-input")).to_be_visible()

    async def test_with_a_wrong_password_says_so_on_the_form(self, browser: Browser, product: Product):
        async with browsing(browser, None) as nobody:
            page = await nobody.new_page()
            await page.goto(f"{product.address}/accounts/login/")
            await page.locator("input[type=email]").fill("nobody@example.org")
            await page.locator("input[type=password]").fill("wrong")
            await page.locator("form button.button").click()

            await expect(page.get_by_role("alert")).to_be_visible()


class TestAConversation:
    async def test_begins_with_the_first_question_and_knows_it_at_the_second(self, chat: Screen):
        await chat.ask(PARIS_QUESTION)
        await expect(chat.answers.last).to_contain_text("Paris")
        await chat.finished(number=1)
        await chat.ask("And of Italy?")

        await expect(chat.answers.nth(1)).to_contain_text("Rome")
        assert chat.errors == []

    async def test_begun_on_the_empty_page_gets_an_address_and_a_row_in_the_sidebar(
        self, screen: Screen, person: Person
    ):
        await screen.open(person.address)
        await screen.screenshot(picture("empty"))

        await screen.ask(PARIS_QUESTION)
        await screen.finished()

        assert re.search(r"/c/[0-9a-f-]{36}$", screen.page.url)
        await expect(screen.at("conversation-row")).to_have_count(1)

    async def test_can_be_renamed_found_and_deleted(self, chat: Screen, person: Person):
        await chat.ask("Say yes.")
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
    async def test_goes_on_after_a_reload_with_its_text_once(self, chat: Screen, person: Person, conversation: str):
        await chat.ask(LONG_QUESTION)
        await chat.streaming()
        await chat.screenshot(picture("streaming"))

        await chat.page.reload()
        await chat.finished()

        (message,) = [m for m in stored_messages(person, conversation) if m["role"] == "assistant"]
        await chat.shows_answer(message["text"])

    async def test_shows_in_a_second_tab_alike(self, chat: Screen, context: BrowserContext, person: Person):
        await chat.ask(LONG_QUESTION)
        await chat.streaming()

        other = await (await new_screen(context)).open(chat.page.url)
        await asyncio.gather(chat.finished(), other.finished())

        message = stored_messages(person, conversation_at(chat))[-1]
        await chat.shows_answer(message["text"])
        await other.shows_answer(message["text"])

    async def test_stops_and_keeps_its_text(self, chat: Screen, person: Person, conversation: str):
        await chat.ask(LONG_QUESTION)
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
        assert body["messages"][1]["generation"]["model"] == "smollm2-135m-instruct"

    async def test_as_markdown_reads_as_the_branch(self, chat: Screen):
        await chat.ask(PARIS_QUESTION)
        await chat.finished()
        await chat.at("conversation-menu").click()

        async with chat.page.expect_download() as download:
            await chat.at("export-markdown").click()
        text = await downloaded(download)

        assert PARIS_QUESTION in text
        assert "Paris" in text


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

    async def test_another_model_has_it_answer(self, chat: Screen, person: Person, conversation: str):
        await chat.at("model-picker").click()
        await chat.page.get_by_text("Second model").last.click()
        await expect(chat.at("model-picker")).to_contain_text("Second model")

        await chat.ask(PARIS_QUESTION)
        await chat.finished()

        body = person.rest("GET", f"/conversations/{conversation}").body
        assert body["generations"][-1]["model"] == "second"


class TestTheLook:
    async def test_in_chinese_is_chinese_throughout(self, browser: Browser, person: Person):
        person.rest("PATCH", "/me", {"language": "zh-hans"})
        async with browsing(browser, person) as context:
            screen = await (await new_screen(context)).open(person.address)
            await screen.screenshot(picture("chinese"))

            assert await screen.page.locator("html").get_attribute("lang") == "zh-Hans"
            await expect(screen.page.get_by_text("新对话").first).to_be_visible()
            shown = await screen.page.locator("#root").inner_text()
        # names of models and the product stay
        assert re.findall(r"\b(?:the|your|you|and|new|search)\b", shown, re.IGNORECASE) == []

    async def test_fits_a_phone_of_360_pixels(self, browser: Browser, person: Person, conversation: str):
        async with browsing(browser, person, viewport={"width": 360, "height": 740}, has_touch=True) as context:
            screen = await (await new_screen(context)).open(f"{person.address}/c/{conversation}")
            await screen.ask(PARIS_QUESTION)
            await screen.finished()
            await screen.screenshot(picture("phone"))
            width = await screen.page.evaluate("document.documentElement.scrollWidth")
            await screen.at("sidebar-toggle").first.click()
            await expect(screen.at("conversation-row").first).to_be_visible()
            await screen.screenshot(picture("phone-sidebar"))

        assert width == 360

    async def test_follows_a_dark_system(self, browser: Browser, person: Person, conversation: str):
        async with browsing(browser, person, color_scheme="dark") as context:
            screen = await (await new_screen(context)).open(f"{person.address}/c/{conversation}")
            await screen.ask(PARIS_QUESTION)
            await screen.finished()
            await screen.screenshot(picture("dark"))
            ground = await screen.page.evaluate("getComputedStyle(document.body).backgroundColor")

        assert sum(map(float, re.findall(r"[\d.]+", ground)[:3])) < 150


class TestAConnectionThatBreaks:
    async def test_says_so_and_loses_nothing_that_was_sent(self, chat: Screen, context: BrowserContext):
        await chat.ask("Say yes.")
        await chat.finished()

        await context.set_offline(True)
        await chat.ask(PARIS_QUESTION)
        await context.set_offline(False)

        await expect(chat.answers.nth(1)).to_contain_text("Paris")
