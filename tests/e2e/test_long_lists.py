"""More messages and more conversations than a page reads at once, on a screen."""

import asyncio

import pytest
from playwright.async_api import Browser, Locator, Route, expect

from tests.e2e.browsing import Screen, browsing, new_screen
from tests.support.client import Person
from tests.support.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="session")

# Beyond what is given whole and what the first window has; the middle is read by nobody who does not go there.
NUM_TURNS = 150
NUM_CONVERSATIONS = 130
# The first answer has a sibling, under which the whole branch does not stand.
SEED = """
from datetime import timedelta
from chatapp.accounts.models import User
from chatapp.conversations.models import Conversation, Message
from chatapp.catalog.models import ChatModel
from chatapp.core import clock
from chatapp.core.ids import uuid7

owner = User.objects.get(email={email!r})
about = dict(owner=owner, model=ChatModel.objects.get(slug="scripted"), temperature=0.0, title_source="person")
"""
SEED_MESSAGES = """
row = Conversation.objects.create(title="Long", **about)
messages, parent = [], None
for number in range({num_turns}):
    for role in ("user", "assistant"):
        text = f"Words of {{role}} {{number}}. " + "The tide turns. " * 20
        parent = Message(id=uuid7(), conversation=row, owner=owner, parent=parent, role=role, text=text)
        messages.append(parent)
sibling = Message(conversation=row, owner=owner, parent=messages[0], role="assistant", text="A sibling.")
messages.append(sibling)
Message.objects.bulk_create(messages)
Conversation.objects.filter(id=row.id).update(active_leaf=parent)
result = str(row.id)
"""
SEED_CONVERSATIONS = """
now = clock.now()
Conversation.objects.bulk_create([
    Conversation(title=f"Talk {{number}}", updated_at=now - timedelta(hours=number + 1), **about)
    for number in range({num_conversations})])
"""


def seed(product: Product, person: Person, code: str) -> str:
    script = (SEED + code).format(email=person.email, num_turns=NUM_TURNS, num_conversations=NUM_CONVERSATIONS)
    return str(product.manage(script))


def words(screen: Screen, role: str, number: int) -> Locator:
    return screen.at(f"message-{role}").filter(has_text=f"Words of {role} {number}.")


async def every_place_known(screen: Screen) -> None:
    """Wait until the scroll bar is as long as the conversation: the first window alone is not."""
    await screen.page.wait_for_function(
        "(count) => document.querySelector('[data-testid=message-scroller]').scrollHeight > count * 60",
        arg=2 * NUM_TURNS,
    )


async def scroll_to(screen: Screen, share: float) -> None:
    """Pull the scroll bar to a share of the way."""
    await screen.at("message-scroller").evaluate(
        "(pane, share) => { pane.scrollTop = share * pane.scrollHeight; }", share
    )


@pytest.fixture
def long(product: Product, person: Person) -> str:
    return seed(product, person, SEED_MESSAGES)


@pytest.fixture
def many(product: Product, person: Person) -> None:
    seed(product, person, SEED_CONVERSATIONS)


class TestALongConversation:
    async def test_opens_at_its_end_and_is_read_wherever_the_person_goes(self, screen, person, long):
        await screen.open(f"{person.address}/c/{long}")
        await expect(words(screen, "assistant", NUM_TURNS - 1)).to_be_in_viewport()

        await every_place_known(screen)
        await scroll_to(screen, 0.5)
        await expect(screen.at("message-unread")).to_have_count(0)
        await expect(screen.at("message-assistant").first).to_contain_text("Words of")
        await scroll_to(screen, 0)

        await expect(words(screen, "user", 0)).to_be_in_viewport()
        assert screen.errors == []

    async def test_keeps_the_persons_place_when_it_learns_how_long_it_is(self, screen, person, long):
        let_go = asyncio.Event()

        async def later(route: Route) -> None:
            await let_go.wait()
            await route.continue_()

        await screen.page.route("**/skeleton*", later)
        await screen.open(f"{person.address}/c/{long}")
        await expect(words(screen, "assistant", NUM_TURNS - 1)).to_be_in_viewport()
        await screen.at("message-scroller").hover()
        await screen.page.mouse.wheel(0, -1500)
        await expect(words(screen, "assistant", NUM_TURNS - 1)).not_to_be_in_viewport()
        reading = words(screen, "user", NUM_TURNS - 6)
        await reading.scroll_into_view_if_needed()
        before = await reading.bounding_box()

        let_go.set()
        await every_place_known(screen)

        await expect(reading).to_be_in_viewport()
        after = await reading.bounding_box()
        assert before is not None
        assert after is not None
        assert abs(after["y"] - before["y"]) <= 2

    async def test_is_asked_and_answered_again(self, screen, person, long):
        await screen.open(f"{person.address}/c/{long}")
        await expect(words(screen, "assistant", NUM_TURNS - 1)).to_be_in_viewport()

        await screen.ask("Say: the lamp was lit")
        await screen.shows_answer("the lamp was lit")
        await expect(screen.answers.last).to_have_attribute("data-state", "completed")
        await screen.answers.last.get_by_test_id("regenerate").click()

        await expect(screen.answers.last.get_by_test_id("sibling-count")).to_have_text("2/2")
        await screen.shows_answer("the lamp was lit")

    async def test_turns_to_a_branch_that_nobody_read_and_back_to_its_end(self, screen, person, long):
        await screen.open(f"{person.address}/c/{long}")
        await expect(words(screen, "assistant", NUM_TURNS - 1)).to_be_in_viewport()
        await every_place_known(screen)
        await scroll_to(screen, 0)
        await words(screen, "assistant", 0).get_by_test_id("sibling-next").click()
        await expect(screen.answers).to_have_count(1)
        await expect(screen.answers).to_contain_text("A sibling.")

        await screen.at("sibling-prev").click()

        await expect(words(screen, "assistant", NUM_TURNS - 1)).to_be_visible()
        await scroll_to(screen, 0)
        await expect(words(screen, "assistant", 0)).to_be_visible()


class TestALongList:
    async def test_goes_on_where_a_tall_screen_leaves_it_no_scroll_bar(self, browser: Browser, person, many):
        async with browsing(browser, person, viewport={"width": 1280, "height": 2400}) as context:
            screen = await new_screen(context)
            await screen.open(person.address)

            await expect(screen.page.get_by_title("Talk 40", exact=True)).to_be_visible()

    async def test_goes_on_when_the_window_grows(self, screen, person, many):
        await screen.open(person.address)
        await expect(screen.page.get_by_title("Talk 3", exact=True)).to_be_visible()

        await screen.page.set_viewport_size({"width": 1280, "height": 2400})

        await expect(screen.page.get_by_title("Talk 40", exact=True)).to_be_visible()

    async def test_is_reached_to_its_end(self, screen, person, many):
        await screen.open(person.address)
        rows = screen.page.locator(".conversation-rows")
        await expect(screen.page.get_by_title("Talk 3", exact=True)).to_be_visible()

        await rows.evaluate("(pane) => { pane.scrollTop = pane.scrollHeight; }")
        await screen.page.wait_for_function(
            "(count) => document.querySelector('.conversation-rows').scrollHeight > count * 30", arg=NUM_CONVERSATIONS
        )
        await rows.evaluate("(pane) => { pane.scrollTop = pane.scrollHeight; }")

        await expect(screen.page.get_by_title(f"Talk {NUM_CONVERSATIONS - 1}", exact=True)).to_be_in_viewport()

    async def test_has_no_old_find_among_the_newest_once_a_search_is_cleared(self, screen, person, many):
        await screen.open(person.address)
        await screen.at("search-input").fill("Talk 129")
        await expect(screen.at("conversation-row")).to_have_count(1)

        await screen.at("search-input").fill("")

        await expect(screen.page.get_by_title("Talk 0", exact=True)).to_be_visible()
        await screen.page.locator(".conversation-rows").evaluate("(pane) => { pane.scrollTop = 400; }")
        await expect(screen.page.get_by_title("Talk 20", exact=True)).to_be_visible()
        shown = await screen.at("conversation-row").locator("a").all_inner_texts()
        numbers = [int(title.removeprefix("Talk ")) for title in shown]
        assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
