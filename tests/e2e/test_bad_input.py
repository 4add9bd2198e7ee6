"""What comes in wrong over the socket: each has one typed error or state that a person understands."""

import asyncio
import json
from uuid import uuid4

import pytest

from tests.e2e.bad_frames import closed, turn
from tests.support.client import Person
from tests.support.product import SCRIPTED, Product
from tests.support.scripted_model.answers import Hold, story

FRAME_BYTES = 64 * 1024


class TestATurn:
    @pytest.mark.parametrize("text", ["", "   \n "])
    async def test_without_text_is_refused(self, person: Person, text):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            refusal = await tab.command(**turn(conversation, text=text))

        assert refusal["code"] == "text_empty"

    async def test_of_100_000_characters_in_a_frame_that_is_too_large_closes_with_1009(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.send({"request_id": "1", **turn(conversation, text="x" * 100_000)})

            assert await closed(tab) == 1009
        error = next(frame for frame in tab.frames if frame["type"] == "error")
        assert error["code"] == "frame_too_large"
        assert error["details"]["limit"] == FRAME_BYTES

    async def test_longer_than_a_message_may_be_is_refused_with_both_numbers(self, person: Person):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            refusal = await tab.command(**turn(conversation, text="x" * 16_001))

        assert refusal["code"] == "text_too_long"
        assert refusal["details"] == {"length": 16_001, "limit": 16_000}

    async def test_in_someone_elses_conversation_is_refused_as_if_it_were_not_there(
        self, person: Person, product: Product
    ):
        theirs = product.person().conversation_create()
        async with person.socket() as tab:
            refusal = await tab.command(**turn(theirs))

        assert refusal["code"] == "conversation_not_found"

    async def test_under_a_message_of_another_conversation_is_refused(self, person: Person):
        conversation, other = person.conversation_create(), person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(other)
            end = await tab.answer(other, "Say: Yes.")

            refusal = await tab.command(**turn(conversation, parent_id=end["message"]["id"]))

        assert refusal["code"] == "message_not_found"

    async def test_sent_again_returns_the_first(self, person: Person):
        conversation = person.conversation_create()
        frame = turn(conversation, text="Say: Yes.")
        async with person.socket() as tab:
            await tab.watch(conversation)
            first = await tab.command(**frame)
            again = await tab.command(**frame)
            await tab.finished(first["generation_id"])

        assert (first["message_id"], first["generation_id"]) == (again["message_id"], again["generation_id"])
        assert len(person.rest("GET", f"/conversations/{conversation}").body["messages"]) == 2

    async def test_that_follows_an_unfinished_answer_is_refused(self, person: Person, hold: Hold):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            await tab.watch(conversation)
            reply = await tab.ask(conversation, story(hold))

            refusal = await tab.command(**turn(conversation, parent_id=reply["message_id"]))
            await tab.command(type="generation.cancel", generation_id=reply["generation_id"])
            await tab.finished(reply["generation_id"])

        assert refusal["code"] == "turn_in_progress"


class TestAModel:
    def test_that_nobody_serves_is_refused_by_name(self, person: Person):
        answer = person.rest("POST", "/conversations", {"id": str(uuid4()), "model": "gpt-9"})

        assert (answer.status, answer.body["error"]["code"]) == (404, "model_unknown")
        assert "gpt-9" in answer.body["error"]["message"]

    async def test_without_a_worker_keeps_the_message_and_answers_when_one_starts(
        self, person: Person, product: Product
    ):
        conversation = person.conversation_create(model=SCRIPTED.slug)
        async with person.socket() as tab:
            await tab.watch(conversation)
            async with product.without_worker(SCRIPTED.slug):
                reply = await tab.ask(conversation, "Say: Yes.")
                place = await asyncio.to_thread(person.rest, "GET", f"/generations/{reply['generation_id']}/place")

            end = await tab.finished(reply["generation_id"])

        assert place.body == {"status": "queued", "position": 1, "is_worker_available": False}
        assert end["generation"]["status"] == "completed"


class TestATemplate:
    def test_with_a_missing_variable_is_refused_by_its_label(self, person: Person):
        answer = person.rest(
            "POST", "/conversations", {"id": str(uuid4()), "template": {"slug": "translator", "version": 1}}
        )

        assert answer.body["error"]["code"] == "template_variable_missing"
        assert answer.body["error"]["details"] == {"variable": "language"}


class TestAFrame:
    @pytest.mark.parametrize("frame", ["", "{", "[]", '"turn"', '{"type": "nonsense"}', '{"type": "ack", "number": 0}'])
    async def test_that_cannot_be_read_is_an_error_and_the_socket_stays(self, person: Person, frame):
        async with person.socket() as tab:
            await tab.send(frame)
            error = await tab.until(lambda frame: frame["type"] == "error")
            await tab.send({"type": "ping"})
            pong = await tab.receive()

        assert error["code"] == "frame_malformed"
        assert pong["type"] == "pong"

    async def test_with_an_unknown_field_is_refused_by_its_name(self, person: Person):
        async with person.socket() as tab:
            await tab.send({"type": "ping", "colour": "red"})
            error = await tab.until(lambda frame: frame["type"] == "error")

        assert error["code"] == "frame_unknown_field"
        assert error["details"] == {"field": "colour"}

    @pytest.mark.parametrize("feed", ["1-99999999999999999999", "١٢-٠", "0x1-0", "-"])
    async def test_with_a_cursor_that_no_log_has_is_refused_and_others_go_on(self, person: Person, feed):
        conversation = person.conversation_create()
        async with person.socket() as tab, person.socket() as other:
            await other.watch(conversation)
            await tab.send({"type": "watch", "feed": feed, "conversation_ids": [conversation]})
            error = await tab.until(lambda frame: frame["type"] == "error")
            await asyncio.to_thread(person.rest, "PATCH", f"/conversations/{conversation}", {"title": "Still heard"})
            await other.until_event(
                lambda event: (
                    event["type"] == "conversation.updated" and event["conversation"]["title"] == "Still heard"
                )
            )

        assert error["code"] == "frame_malformed"
        assert error["details"]["field"] == "feed"

    async def test_of_bytes_is_an_error_and_closes_with_1003(self, person: Person):
        async with person.socket() as tab:
            await tab.send(b'{"type": "ping"}')

            assert await closed(tab) == 1003
        assert tab.frames[-1]["code"] == "frame_binary"

    async def test_of_64_kb_is_read_and_one_byte_more_closes_with_1009(self, person: Person):
        empty = json.dumps({"type": "ping", "x": ""})
        fits = json.dumps({"type": "ping", "x": "y" * (FRAME_BYTES - len(empty))})
        async with person.socket() as tab:
            await tab.send(fits)
            first = await tab.until(lambda frame: frame["type"] == "error")
            await tab.send(fits.replace("y", "yy", 1))

            assert await closed(tab) == 1009
        assert first["code"] == "frame_unknown_field"
        assert tab.frames[-1]["code"] == "frame_too_large"
        assert tab.frames[-1]["details"]["length"] == FRAME_BYTES + 1

    async def test_of_more_than_a_megabyte_is_dropped_with_its_socket_and_others_go_on(self, person: Person):
        async with person.socket() as tab, person.socket() as other:
            await tab.receive()
            await other.receive()
            await tab.send("x" * (1024 * 1024 + 1))

            assert await closed(tab) in {1006, 1009}
            await other.send({"type": "ping"})
            assert (await other.receive())["type"] == "pong"

    @pytest.mark.parametrize("text", ["half a pair \\ud83d", "\\u0000 a zero", "Say: \\udfff"], ids=ascii)
    async def test_with_a_character_that_nobody_can_store_is_taken_without_it(self, person: Person, text):
        conversation = person.conversation_create()
        frame = json.dumps({**turn(conversation, text="TEXT"), "request_id": "1"}).replace("TEXT", text)
        async with person.socket() as tab:
            await tab.watch(conversation)
            await tab.send(frame)
            reply = await tab.until(lambda answer: answer.get("request_id") == "1")
            await tab.finished(reply["generation_id"])
        stored = person.rest("GET", f"/conversations/{conversation}").body["messages"][0]["text"]

        assert stored == json.loads(f'"{text}"').replace("\0", "").encode("utf-16", "surrogatepass").decode(
            "utf-16", "replace"
        )

    @pytest.mark.parametrize("text", ["\u200b", "\ufeff\u3164", "\u2800", "\u202e\u202c"], ids=ascii)
    async def test_that_asks_what_nobody_can_see_is_refused_as_empty(self, person: Person, text):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            error = await tab.command(**turn(conversation, text=text))

        assert (error["type"], error["code"]) == ("error", "text_empty")

    @pytest.mark.parametrize("change", [{"parent_id": 7}, {"colour": "red"}, {"text": None}, {"conversation_id": "x"}])
    async def test_that_is_refused_names_its_request_so_that_nobody_waits_for_it(self, person: Person, change):
        conversation = person.conversation_create()
        async with person.socket() as tab:
            error = await tab.command(**turn(conversation, **change))

        assert error["type"] == "error"
        assert error["code"] in {"frame_malformed", "frame_unknown_field"}

    async def test_is_given_back_in_the_error_about_it_no_further_than_100_characters(self, person: Person):
        async with person.socket() as tab:
            await tab.send({"type": "x" * 60_000})
            await tab.send({"type": "ping", "y" * 60_000: 1})
            await tab.send("[" * 60_000)
            for _ in range(3):
                await tab.until(lambda frame: frame["type"] == "error")

        assert max(len(frame) for frame in tab.received) < 1_000

    async def test_after_too_many_others_closes_with_4420(self, person: Person):
        async with person.socket() as tab:
            for _ in range(2_000):
                await tab.send({"type": "ack", "number": 1})

            assert await closed(tab) == 4420
