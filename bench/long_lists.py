"""
`make bench-long`: a conversation of 10,000 messages and a list of 5,000 conversations, in a real Chromium.

Seeds a product of its own, then opens, types, scrolls and jumps as a person does. Prints milliseconds beside the
machine, with KEEP=1 into bench/results/ too. Knows the page by its test ids alone.
"""

import asyncio
import json
import os
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from bench.machine import machine
from chatapp.launch.configuration import CHECKOUT
from tests.e2e.browsing import browsing
from tests.support.browser import browser_arguments, ensure_browser
from tests.support.client import Person
from tests.support.product import Product, running_product

SIZES = tuple(int(size) for size in os.environ.get("SIZES", "40 10000").split())
NUM_CONVERSATIONS = int(os.environ.get("CONVERSATIONS", "5000"))
NUM_KEYS = 60
RESULTS = CHECKOUT / "bench" / "results"
LIMIT_MS = 180_000
# Quiet for so long: nothing more of the opening is to come.
QUIET_MS = 1_500

# From the first script on: long tasks, and how long a key takes to the frame that shows it.
WATCH = """
window.__tasks = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) window.__tasks.push({at: entry.startTime, ms: entry.duration});
}).observe({type: "longtask", buffered: true});
window.__keys = [];
addEventListener("keydown", (event) => {
  const began = event.timeStamp;
  requestAnimationFrame(() => setTimeout(() => window.__keys.push(performance.now() - began)));
}, true);
"""
SHOWN = """(text) => [...document.querySelectorAll('[data-testid="message-assistant"] .answer')]
  .some((answer) => answer.textContent.includes(text)) && performance.now()"""
# Scrolls by three screens a frame, down and up again; the longest frame.
SCROLL = """async ([selector, screens]) => {
  const pane = document.querySelector(selector);
  const frames = [];
  let last = performance.now();
  for (let step = 0; step < screens; step++) {
    pane.scrollTop += 3 * pane.clientHeight * (step < screens / 2 ? -1 : 1);
    const now = await new Promise(requestAnimationFrame);
    frames.push(now - last);
    last = now;
  }
  return frames;
}"""
LIST = ".conversation-rows"
MESSAGES = '[data-testid="message-scroller"]'

SEED = """
from datetime import timedelta
from chatapp.accounts.models import User
from chatapp.catalog.models import ChatModel
from chatapp.conversations.models import Conversation, Message
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.generations.models import Generation

owner = User.objects.get(email={email!r})
model = ChatModel.objects.get(slug="scripted")
now = clock.now()
WORDS = "The tide turns twice a day, and whoever fishes knows when. " * 25

def tree(size):
    conversation = Conversation.objects.create(
        owner=owner, model=model, temperature=0.0, title=f"{{size}} messages", title_source="person")
    messages, generations, parent = [], [], None
    for number in range(size):
        is_answer = number % 2
        message = Message(id=uuid7(), conversation=conversation, owner=owner, parent=parent, created_at=now,
            role="assistant" if is_answer else "user",
            text=f"Number {{number}}. {{WORDS if is_answer else WORDS[:200]}}")
        messages.append(message)
        if is_answer:
            generations.append(Generation(owner=owner, conversation=conversation, message=message, model=model,
                status="completed", finish_reason="stop", attempt=1, started_at=now, finished_at=now,
                usage={{"num_prompt_tokens": 900, "num_completion_tokens": 350}}))
        parent = message
    Message.objects.bulk_create(messages, batch_size=500)
    Generation.objects.bulk_create(generations, batch_size=500)
    Conversation.objects.filter(id=conversation.id).update(active_leaf=messages[-1])
    return str(conversation.id)

Conversation.objects.bulk_create([
    Conversation(owner=owner, model=model, temperature=0.0, title=f"Old talk {{number}}", title_source="person",
        updated_at=now - timedelta(hours=3 * number + 5)) for number in range({num_conversations})], batch_size=500)
result = [tree(size) for size in {sizes!r}]
"""


async def opening(page: Page, address: str, size: int) -> dict[str, float]:
    """From the navigation to the last answer's words, and what the main thread did until it was quiet."""
    requests: list[Any] = []
    page.on("requestfinished", lambda request: requests.append(request))  # noqa: PLW0108  # a builtin cannot be wrapped
    await page.goto(address, wait_until="commit")
    shown = await page.wait_for_function(SHOWN, arg=f"Number {size - 1}.", polling="raf", timeout=LIMIT_MS)
    visible_ms = await shown.json_value()
    await quiet(page)
    tasks = await page.evaluate("window.__tasks")
    answers = [await request.response() for request in requests if "/api/v1/conversations/" in request.url]
    sizes = [len(await answer.body()) for answer in answers if answer is not None]
    return {
        "visible_ms": visible_ms,
        "longest_task_ms": max((task["ms"] for task in tasks), default=0.0),
        "api_kb": sum(sizes) / 1024,
        "api_calls": len(sizes),
    }


async def quiet(page: Page) -> None:
    """Until the network is idle and no long task began for a while."""
    await page.wait_for_load_state("networkidle", timeout=LIMIT_MS)
    await page.wait_for_function(
        "(quiet) => performance.now() - Math.max(0, ...window.__tasks.map(({at, ms}) => at + ms)) > quiet",
        arg=QUIET_MS,
        timeout=LIMIT_MS,
    )


async def typing(page: Page) -> dict[str, float]:
    await page.get_by_test_id("composer-input").focus()
    await page.evaluate("window.__keys.length = 0")
    for number in range(NUM_KEYS):
        await page.keyboard.press("abcdefghij"[number % 10])
    await page.wait_for_function(f"() => window.__keys.length === {NUM_KEYS}", timeout=LIMIT_MS)
    keys = sorted(await page.evaluate("window.__keys"))
    return {"key_p50_ms": statistics.median(keys), "key_p95_ms": keys[int(len(keys) * 0.95)]}


async def scrolling(page: Page, selector: str) -> dict[str, float]:
    frames = await page.evaluate(SCROLL, [selector, 60])
    return {"frame_p95_ms": sorted(frames)[int(len(frames) * 0.95)], "frame_max_ms": max(frames)}


async def jumping(page: Page, size: int) -> dict[str, float]:
    """From a pull at the scroll bar to the words there: to the very top, which nobody has read yet."""
    began = time.monotonic()
    await page.evaluate(f"document.querySelector('{MESSAGES}').scrollTop = 0")
    await page.wait_for_function(SHOWN, arg="Number 1.", polling="raf", timeout=LIMIT_MS)
    return {"to_the_top_ms": (time.monotonic() - began) * 1000} if size > 0 else {}


async def asking(page: Page) -> dict[str, float]:
    """From Enter to the end of a short scripted answer, on screen."""
    await page.get_by_test_id("composer-input").fill("Say: done here")
    began = time.monotonic()
    await page.keyboard.press("Enter")
    await page.wait_for_function(SHOWN, arg="done here", polling="raf", timeout=LIMIT_MS)
    return {"answered_ms": (time.monotonic() - began) * 1000}


async def list_reaching(page: Page) -> dict[str, float]:
    """The oldest conversation, by pulling the list's scroll bar to its end until it is there."""
    began = time.monotonic()
    oldest = f'[data-testid="conversation-row"] a[title="Old talk {NUM_CONVERSATIONS - 1}"]'
    while await page.locator(oldest).count() == 0:
        await page.evaluate(f"(p => p.scrollTop = p.scrollHeight)(document.querySelector('{LIST}'))")
        await asyncio.sleep(0.01)
    return {"list_end_ms": (time.monotonic() - began) * 1000}


async def measure(product: Product, person: Person) -> dict[str, Any]:
    seeded = product.manage(SEED.format(email=person.email, sizes=SIZES, num_conversations=NUM_CONVERSATIONS))
    measured: dict[str, Any] = {}
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=str(ensure_browser()), args=browser_arguments(), headless=True
        )
        async with browsing(browser, person) as context:
            await context.add_init_script(WATCH)
            for size, conversation_id in zip(SIZES, seeded, strict=True):
                for warmth in ("first", "again"):
                    page = await context.new_page()
                    found = await opening(page, f"{person.address}/c/{conversation_id}", size)
                    found |= await typing(page)
                    found |= await scrolling(page, MESSAGES)
                    found |= await jumping(page, size)
                    if warmth == "again":
                        found |= await asking(page)
                    measured[f"{size} messages, {warmth}"] = found
                    print(size, warmth, {name: round(value, 1) for name, value in found.items()}, flush=True)
                    await page.close()
            page = await context.new_page()
            await page.goto(person.address)
            await page.locator(LIST).wait_for()
            await quiet(page)
            reached = await list_reaching(page)
            reached |= await scrolling(page, LIST)
            measured[f"list of {NUM_CONVERSATIONS}"] = reached
            print("list", reached, flush=True)
        await browser.close()
    return measured


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="chatapp-bench-") as folder, running_product(Path(folder)) as product:
        measured = asyncio.run(measure(product, product.person()))
    result = {"machine": machine(), "measured": measured}
    print(json.dumps(result, indent=2))
    if os.environ.get("KEEP"):
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / f"long-lists-{time.strftime('%Y-%m-%d')}.json").write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
