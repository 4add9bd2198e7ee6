"""How the page looks to different people and on different screens."""

import re

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browsing import browsing, new_screen, picture
from tests.support.client import Person

pytestmark = pytest.mark.asyncio(loop_scope="session")

PARIS_QUESTION = "What is the capital of France?"


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
