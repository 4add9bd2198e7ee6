"""One running product and one browser for all end-to-end tests, and people who use them."""

import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, async_playwright

from tests.e2e.browsing import Screen, browsing, new_screen
from tests.support.browser import browser_arguments, ensure_browser
from tests.support.client import Person
from tests.support.product import Product, running_product
from tests.support.scripted_model.answers import Hold

HERE = Path(__file__).parent
# Two threads that wait for each other at every small product lose more than they win beside other processes.
ONE_THREAD = {"OMP_NUM_THREADS": "1"}


@pytest.fixture(scope="session")
def product(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    # The suite runs all of it twice: on SQLite, and with DATABASE_URL on PostgreSQL.
    database = {"DATABASE_URL": os.environ["DATABASE_URL"]} if os.environ.get("DATABASE_URL") else {}
    with running_product(Path(tmp_path_factory.mktemp("product")), variables=ONE_THREAD | database) as product:
        yield product


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The first test waits for the product to start: minutes on a busy machine."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.timeout(420))


@pytest.fixture
def person(product: Product) -> Person:
    return product.person()


@pytest.fixture
def hold(product: Product) -> Iterator[Hold]:
    """A place for scripted answers to wait at; nothing waits there longer than the test."""
    hold = product.hold()
    yield hold
    product.let_go(hold)


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(ensure_browser()), args=browser_arguments(), headless=True
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(loop_scope="session")
async def context(browser: Browser, person: Person) -> AsyncIterator[BrowserContext]:
    async with browsing(browser, person) as context:
        yield context


@pytest_asyncio.fixture(loop_scope="session")
async def screen(context: BrowserContext) -> Screen:
    return await new_screen(context)


@pytest.fixture
def conversation(person: Person) -> str:
    return person.conversation_create()


@pytest_asyncio.fixture(loop_scope="session")
async def chat(screen: Screen, person: Person, conversation: str) -> Screen:
    """A tab at the conversation."""
    return await screen.open(f"{person.address}/c/{conversation}")
