"""
A person without a browser: signs in over HTTP, speaks REST and the WebSocket, folds what it hears.

For end-to-end tests and benchmarks. Knows the wire only, none of the product's modules but the frames' limits.
"""

import asyncio
import http.cookiejar
import json
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import websockets
from websockets.asyncio.client import ClientConnection

LIMIT_S = 60.0
Frame = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """What REST said."""

    status: int
    body: Any
    headers: dict[str, str]


class Person:
    """One signed-in account; `model`: the slug that new conversations choose, or "" for the installation's default."""

    def __init__(self, address: str, *, model: str = "") -> None:
        self.address = address
        self._chosen = {"model": model} if model else {}
        self._jar = http.cookiejar.CookieJar()
        self._http = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self._jar))

    def sign_up(self, *, password: str = "correct horse battery") -> "Person":
        self.email = f"{uuid4().hex[:12]}@example.org"
        self.password = password
        self._form("/accounts/signup/", {"email": self.email, "password1": password})
        return self

    def sign_in(self, *, email: str, password: str) -> "Person":
        self.email, self.password = email, password
        self._form("/accounts/login/", {"login": email, "password": password})
        return self

    def sign_out(self) -> None:
        self._form("/accounts/logout/", {})

    def _form(self, path: str, fields: dict[str, str]) -> None:
        self._open("GET", path)
        data = urllib.parse.urlencode({**fields, "csrfmiddlewaretoken": self.cookie("csrftoken"), "next": "/healthz"})
        answer = self._open("POST", path, data=data.encode(), content_type="application/x-www-form-urlencoded")
        if answer.status != 200:
            raise AssertionError(f"{path} answered {answer.status}")

    def cookie(self, name: str) -> str:
        return next((cookie.value or "" for cookie in self._jar if cookie.name == name), "")

    def rest(self, method: str, path: str, body: object = None) -> Answer:
        """Call `/api/v1` + path."""
        data = None if body is None else json.dumps(body).encode()
        answer = self._open(method, f"/api/v1{path}", data=data, content_type="application/json")
        text = answer.body.decode()
        is_json = answer.headers.get("content-type", "").startswith("application/json")
        return Answer(answer.status, json.loads(text) if text and is_json else text, answer.headers)

    def page(self, path: str) -> str:
        """The HTML of one of the product's pages."""
        return str(self._open("GET", path).body.decode())

    def _open(self, method: str, path: str, *, data: bytes | None = None, content_type: str = "") -> Answer:
        headers = {"X-CSRFToken": self.cookie("csrftoken"), "Referer": self.address, "Content-Type": content_type}
        request = urllib.request.Request(self.address + path, method=method, data=data, headers=headers)
        try:
            with self._http.open(request, timeout=LIMIT_S) as found:
                return Answer(
                    found.status, found.read(), {name.lower(): value for name, value in found.headers.items()}
                )
        except urllib.error.HTTPError as error:
            return Answer(error.code, error.read(), {name.lower(): value for name, value in error.headers.items()})

    def conversation_create(self, **choices: Any) -> str:
        """A new conversation; greedy unless told otherwise."""
        conversation_id = str(uuid4())
        answer = self.rest(
            "POST", "/conversations", {"id": conversation_id, "temperature": 0.0, **self._chosen, **choices}
        )
        assert answer.status == 201, answer
        return conversation_id

    @asynccontextmanager
    async def socket(self, *, origin: str | None = None, signed_in: bool = True) -> AsyncIterator["Tab"]:
        """Open a socket as a browser's page does."""
        headers = {"Cookie": f"sessionid={self.cookie('sessionid')}"} if signed_in else {}
        url = self.address.replace("http://", "ws://") + "/ws/v1"
        async with websockets.connect(
            url, additional_headers=headers, origin=websockets.Origin(origin or self.address), max_size=None
        ) as connection:
            yield Tab(connection, person=self)


@dataclass(frozen=True)
class Place:
    """How far a tab was: a cursor of the feed, and of one answer the text with the seq that it reaches."""

    feed: str
    generation_id: str
    text: str
    seq: int


@dataclass
class Tab:
    """One open socket; `events` holds every event heard, in order, and `texts` each generation's deltas joined."""

    connection: ClientConnection
    person: Person
    received: list[bytes] = field(default_factory=list)  # as they came over the wire
    frames: list[Frame] = field(default_factory=list)
    events: list[Frame] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    seqs: dict[str, list[int]] = field(default_factory=dict)
    acks: bool = True

    async def send(self, frame: Frame | str | bytes) -> None:
        # As a browser writes it: a Chinese character is 3 bytes, not an escape of 6.
        text = frame if isinstance(frame, str | bytes) else json.dumps(frame, ensure_ascii=False)
        await self.connection.send(text)

    async def receive(self) -> Frame:
        """The next frame; `events` are folded and acknowledged."""
        async with asyncio.timeout(LIMIT_S):
            text = await self.connection.recv(decode=False)
        self.received.append(text)
        frame: Frame = json.loads(text)
        self.frames.append(frame)
        if frame["type"] == "events":
            for event in frame["events"]:
                self._fold(event)
            if self.acks:
                await self.send({"type": "ack", "number": frame["number"]})
        return frame

    def _fold(self, event: Frame) -> None:
        self.events.append(event)
        if event["type"] == "generation.delta":
            key = event["generation_id"]
            self.texts[key] = self.texts.get(key, "") + event["text"]
            self.seqs.setdefault(key, []).append(event["seq"])

    async def until(self, is_it: Callable[[Frame], bool]) -> Frame:
        """Receive until a frame satisfies."""
        while True:
            frame = await self.receive()
            if is_it(frame):
                return frame

    async def until_event(self, is_it: Callable[[Frame], bool]) -> Frame:
        """Receive until an event satisfies; one that was heard already counts."""
        seen = 0
        while True:
            for event in self.events[seen:]:
                if is_it(event):
                    return event
            seen = len(self.events)
            await self.receive()

    async def watch(self, conversation_id: str) -> Frame:
        """Show a conversation from a fresh snapshot, as a page does after a load."""
        snapshot: Frame = (await asyncio.to_thread(self.person.rest, "GET", f"/conversations/{conversation_id}")).body
        live = [view for view in snapshot["generations"] if view["status"] in {"queued", "running"}]
        for view in live:
            self.texts[view["id"]] = view["text"]
        generations = {view["id"]: view["seq"] for view in live}
        await self.send(
            {
                "type": "watch",
                "feed": snapshot["feed"],
                "conversation_ids": [conversation_id],
                "generations": generations,
            }
        )
        return snapshot

    def place(self, generation_id: str) -> "Place":
        """Where this tab stands in an answer, for another that goes on from there."""
        feed = next(frame["feed"] for frame in reversed(self.frames) if frame["type"] == "events")
        return Place(feed, generation_id, self.texts[generation_id], self.seqs[generation_id][-1])

    async def watch_from(self, conversation_id: str, place: "Place") -> None:
        """Show a conversation as a tab does that lost its connection there."""
        self.texts[place.generation_id] = place.text
        generations = {place.generation_id: place.seq}
        await self.send(
            {"type": "watch", "feed": place.feed, "conversation_ids": [conversation_id], "generations": generations}
        )

    async def command(self, **frame: Any) -> Frame:
        """Send a command and return its reply or error."""
        request_id = uuid4().hex
        await self.send({"request_id": request_id, **frame})
        return await self.until(lambda answer: answer.get("request_id") == request_id)

    async def ask(self, conversation_id: str, text: str, *, parent_id: str | None = None) -> Frame:
        """Start a turn; returns the reply."""
        return await self.command(
            type="turn.start",
            conversation_id=conversation_id,
            parent_id=parent_id,
            client_message_id=str(uuid4()),
            text=text,
        )

    async def some_text(self, generation_id: str) -> None:
        """Wait until a part of an answer was heard."""
        await self.until_event(
            lambda event: event["type"] == "generation.delta" and event["generation_id"] == generation_id
        )

    async def finished(self, generation_id: str) -> Frame:
        """The `generation.finished` of one generation."""
        return await self.until_event(
            lambda event: event["type"] == "generation.finished" and event["generation"]["id"] == generation_id
        )

    async def answer(self, conversation_id: str, text: str, *, parent_id: str | None = None) -> Frame:
        """Ask and wait: the finished event, whose `message` has the answer."""
        reply = await self.ask(conversation_id, text, parent_id=parent_id)
        assert reply["type"] == "reply", reply
        return await self.finished(reply["generation_id"])
