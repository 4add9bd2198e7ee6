"""Who comes to a page without being signed in, and how they get in."""

from uuid import uuid4

import pytest
from playwright.async_api import Browser, expect

from tests.e2e.browsing import browsing, picture
from tests.support.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")


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
