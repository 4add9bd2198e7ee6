"""One running product and one browser for all end-to-end tests, and people who use them."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright

from tests.support.browser import browser_arguments, ensure_browser
from tests.support.client import Person
from tests.support.product import Product, running_product


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    with running_product(Path(tmp_path_factory.mktemp("product"))) as product:
        yield product


@pytest.fixture
def person(product: Product) -> Person:
    return product.person()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(ensure_browser()), args=browser_arguments(), headless=True
        )
        yield browser
        await browser.close()
