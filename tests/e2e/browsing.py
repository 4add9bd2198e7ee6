"""A person in a real Chromium: opens pages, writes, reads what is on screen."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, BrowserContext, Locator, Page, expect

from chatapp.launch.configuration import CHECKOUT
from tests.support.client import Person
from tests.support.product import Product

WAIT_MS = 90_000  # a limit for busy machines; a quiet one needs a second
# Looked at by people after a run; no test reads them.
SCREENSHOTS = CHECKOUT / "var" / "test" / "screenshots"
# Remembers every text that was ever on the page: what was shown for a moment was shown.
REMEMBER_TEXTS = """
window.__seen = new Set();
const look = () => window.__seen.add(document.body ? document.body.textContent : "");
new MutationObserver(look).observe(document, {subtree: true, childList: true, characterData: true, attributes: true});
"""


expect.set_options(timeout=WAIT_MS)


class Screen:
    """One tab."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frames: list[str] = []
        self.errors: list[str] = []
        page.on("websocket", lambda socket: socket.on("framereceived", self._remember))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda message: self.errors.append(message.text) if message.type == "error" else None)

    def _remember(self, payload: str | bytes) -> None:
        self.frames.append(payload if isinstance(payload, str) else payload.decode())

    def at(self, name: str) -> Locator:
        return self.page.get_by_test_id(name)

    @property
    def answers(self) -> Locator:
        return self.at("message-assistant")

    async def open(self, address: str) -> "Screen":
        await self.page.goto(address)
        try:
            await expect(self.at("composer-input")).to_be_visible()
        except AssertionError as error:
            raise AssertionError(f"no composer at {self.page.url}; the browser said {self.errors}") from error
        return self

    async def ask(self, text: str) -> None:
        await self.at("composer-input").fill(text)
        await self.at("composer-send").click()

    async def streaming(self, *, num_chars: int = 20) -> str:
        """Wait until the last answer has some text and is not finished; what it shows."""
        last = self.answers.last
        await expect(last).to_have_attribute("data-state", "streaming")
        await self.page.wait_for_function(
            "([selector, n]) => [...document.querySelectorAll(selector)].at(-1)?.textContent.length >= n",
            arg=['[data-testid="message-assistant"]', num_chars],
        )
        return await last.inner_text()

    async def finished(self, *, number: int = 1) -> None:
        """Wait until there are so many answers and the last is complete."""
        await expect(self.answers).to_have_count(number)
        await expect(self.answers.last).to_have_attribute("data-state", "completed")

    async def shows_answer(self, text: str) -> None:
        """Wait until the last answer reads as the text does: Markdown's marks and the layout's breaks do not count."""
        await self.page.wait_for_function(
            """(expected) => {
                const shown = [...document.querySelectorAll('[data-testid="message-assistant"] .answer')].at(-1);
                const words = shown?.innerText.match(/[\\p{L}\\p{N}]+/gu) ?? [];
                return words.join(" ") === expected;
            }""",
            arg=" ".join(re.findall(r"[^\W_]+", text)),
        )

    async def ever_seen(self, text: str) -> bool:
        return bool(await self.page.evaluate("(text) => [...window.__seen].some((seen) => seen.includes(text))", text))

    async def screenshot(self, path: Path) -> None:
        await self.page.screenshot(path=path, animations="disabled")


@asynccontextmanager
async def browsing(browser: Browser, person: Person | None, **settings: Any) -> AsyncIterator[BrowserContext]:
    """A browser profile in which the person is signed in already, if one is given."""
    context = await browser.new_context(**{"viewport": {"width": 1280, "height": 800}, "locale": "en-GB", **settings})
    context.set_default_timeout(WAIT_MS)
    await context.add_init_script(REMEMBER_TEXTS)
    if person is not None:
        await context.add_cookies([{"name": "sessionid", "value": person.cookie("sessionid"), "url": person.address}])
    try:
        yield context
    finally:
        await context.close()


async def new_screen(context: BrowserContext) -> Screen:
    return Screen(await context.new_page())


async def downloaded(download: Any) -> str:
    """The text of a file that the browser was given."""
    path = await (await download.value).path()
    return await asyncio.to_thread(path.read_text)


def stored_messages(person: Person, conversation_id: str) -> list[dict[str, Any]]:
    body = person.rest("GET", f"/conversations/{conversation_id}").body
    messages: list[dict[str, Any]] = body["messages"]
    return messages


def conversation_at(screen: Screen) -> str:
    """The conversation in the address."""
    return screen.page.url.rpartition("/c/")[2]


def events_in(frames: list[str]) -> list[dict[str, Any]]:
    parsed = [json.loads(frame) for frame in frames]
    return [event for frame in parsed if frame["type"] == "events" for event in frame["events"]]


def publish(product: Product, *, action: str, stage: str, word: str = "", **fields: object) -> None:
    """Put one more rule into force, as a moderator does."""
    product.manage(_rule_code(action=action, stage=stage, word=word, **fields) + _PUBLISH_CODE)


def rule_add(product: Product, *, action: str, stage: str, word: str = "", **fields: object) -> str:
    """One more rule, which is not in force before somebody publishes; its slug."""
    slug: str = product.manage(_rule_code(action=action, stage=stage, word=word, **fields) + "result = rule.slug\n")
    return slug


_AUTHOR_CODE = (
    "from chatapp.accounts.models import User\n"
    "from chatapp.moderation.models import Rule\n"
    "from chatapp.moderation.publishing.services import ruleset_publish\n"
    "from chatapp.moderation.rules.services import rule_create, rule_move\n"
    "author = User.objects.get(is_superuser=True)\n"
)
_PUBLISH_CODE = "ruleset_publish(author=author, reason='a test')\n"


def _rule_code(*, action: str, stage: str, word: str, **fields: object) -> str:
    known = {
        "slug": f"e2e-{uuid4().hex[:8]}",
        "category": "other",
        "state": "enforcing",
        "notice_en": "Not in this house.",
        "notice_zh_hans": "这里不谈这个。",
    }
    about = {**known, "action": action, "stages": [stage], "words": word, **fields}
    return _AUTHOR_CODE + f"rule = Rule(**{about!r})\nrule_create(rule=rule, author=author, reason='a test')\n"


def publish_rules(product: Product) -> None:
    """Put what stands into force."""
    product.manage(_AUTHOR_CODE + _PUBLISH_CODE)


def rule_retire(product: Product, slug: str) -> None:
    """Take a rule out of force."""
    product.manage(
        _AUTHOR_CODE + "from chatapp.moderation.judging.verdict import RuleState\n"
        f"rule = Rule.objects.get(slug={slug!r})\n"
        "rule_move(rule_id=rule.id, state=RuleState.RETIRED, author=author, reason='seen')\n" + _PUBLISH_CODE
    )


def team(product: Product, *groups: str) -> list[Person]:
    """A new person in each of the groups, who may enter the admin."""
    people = [product.person() for _ in groups]
    members = {person.email: group for person, group in zip(people, groups, strict=True)}
    product.manage(
        "from django.contrib.auth.models import Group\n"
        "from chatapp.accounts.models import User\n"
        f"for email, group in {members!r}.items():\n"
        "    user = User.objects.get(email=email)\n"
        "    user.is_staff = True\n"
        "    user.save()\n"
        "    user.groups.add(Group.objects.get(name=group))\n"
    )
    return people


def picture(name: str) -> Path:
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)
    return SCREENSHOTS / f"{name}.png"
