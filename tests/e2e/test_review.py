"""A person asks for review, a reviewer decides, and the person sees it in the tab that was open all along."""

import asyncio

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.browsing import Screen, browsing, new_screen, picture, publish, stored_messages
from tests.support.client import Person
from tests.support.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

JAPAN_QUESTION = "What is the capital of Japan?"
DARK_PHONE = {"viewport": {"width": 360, "height": 740}, "has_touch": True, "color_scheme": "dark"}


async def ask_for_review(screen: Screen, words: str) -> None:
    await screen.at("ask-review").click()
    await screen.at("review-words").fill(words)
    await screen.at("review-send").click()
    await expect(screen.at("review-state")).to_have_attribute("data-appeal", "waiting")


async def open_case(admin: Screen, product: Product) -> Page:
    """From the queue to the newest case: of equal severity it is the last."""
    await admin.page.goto(f"{product.address}/admin/review/reviewcase/")
    await admin.screenshot(picture("review-queue"))
    await admin.page.locator("#result_list tbody th a").last.click()
    return admin.page


async def resolve(page: Page, deed: str) -> None:
    await page.locator("button[value=claim]").click()
    await page.locator("#id_reason").fill("a harmless question")
    await page.locator(f"button[value={deed}]").click()
    await expect(page.locator("#outcome")).to_be_visible()


class TestAnAppeal:
    async def test_that_is_granted_brings_the_answer_into_the_open_tab(
        self, browser: Browser, product: Product, person: Person
    ):
        await asyncio.to_thread(publish, product, word="Tokyo", action="block", stage="output")
        conversation = person.conversation_create()
        admin = product.admin()
        async with browsing(browser, person) as context, browsing(browser, admin) as admin_context:
            screen = await (await new_screen(context)).open(f"{person.address}/c/{conversation}")
            await screen.ask(JAPAN_QUESTION)
            await expect(screen.answers.last).to_have_attribute("data-state", "withheld")
            await screen.screenshot(picture("withheld"))
            await screen.at("ask-review").click()
            await screen.screenshot(picture("withheld-asking"))
            await screen.at("review-cancel").click()
            await ask_for_review(screen, "It is only geography.")
            await screen.screenshot(picture("withheld-asked"))

            page = await open_case(await new_screen(admin_context), product)
            assert "Tokyo" not in await page.content()
            await page.locator("button[value=evidence]").click()
            await expect(page.locator("[data-evidence]")).to_contain_text("Tokyo")
            await page.locator("button[value=context]").click()
            await expect(page.locator("#context")).to_contain_text(JAPAN_QUESTION)
            await page.screenshot(path=picture("review-case"), full_page=True)
            await resolve(page, "overturn")
            await page.screenshot(path=picture("review-case-done"), full_page=True)

            await expect(screen.at("restored")).to_be_visible()
            await expect(screen.answers.last).to_contain_text("Tokyo")
            await screen.screenshot(picture("restored"))
            await screen.at("sibling-prev").click()
            await expect(screen.at("review-state")).to_have_attribute("data-appeal", "overturned")
            await screen.screenshot(picture("withheld-overturned"))
            await screen.at("show-restored").click()
            await expect(screen.at("restored")).to_be_visible()
            assert screen.errors == []

        withheld, restored = [row for row in stored_messages(person, conversation) if row["role"] == "assistant"]
        assert (withheld["state"], withheld["appeal"]) == ("withheld", "overturned")
        assert restored["restored_from"] == withheld["id"]
        assert restored["text"].startswith(withheld["text"])

    async def test_about_a_refused_message_gives_its_words_back(
        self, browser: Browser, product: Product, person: Person
    ):
        await asyncio.to_thread(publish, product, word="wumpusquack", action="block", stage="input")
        person.rest("PATCH", "/me", {"language": "zh-hans"})
        conversation = person.conversation_create()
        admin = product.admin()
        async with browsing(browser, person, **DARK_PHONE) as context, browsing(browser, admin) as admin_context:
            screen = await (await new_screen(context)).open(f"{person.address}/c/{conversation}")
            await screen.ask("wumpusquack 是什么？")
            await expect(screen.at("notice-card")).to_be_visible()
            await screen.screenshot(picture("refused-phone-dark-chinese"))
            await ask_for_review(screen, "只是一个词。")
            await screen.at("composer-input").fill("换一个问题")
            await screen.screenshot(picture("refused-asked-phone-dark-chinese"))

            await resolve(await open_case(await new_screen(admin_context), product), "overturn")

            await expect(screen.at("reviewed-card")).to_have_attribute("data-overturned", "true")
            await screen.screenshot(picture("refused-overturned-phone-dark-chinese"))
            await screen.at("put-back").click()
            await expect(screen.at("composer-input")).to_have_value("wumpusquack 是什么？\n换一个问题")
            await expect(screen.at("reviewed-card")).to_have_count(0)
            assert screen.errors == []

        assert stored_messages(person, conversation) == []
