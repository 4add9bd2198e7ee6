"""Limits that must agree with each other."""

from uuid import uuid4

from chatapp.core import limits
from chatapp.core.ids import uuid7
from chatapp.realtime.frames import MAX_FRAME_BYTES, TurnStart


def turn_frame_bytes(text: str) -> int:
    frame = TurnStart(
        type="turn.start",
        request_id="r" * 64,
        conversation_id=uuid4(),
        parent_id=uuid4(),
        client_message_id=uuid4(),
        text=text,
    )
    return len(frame.model_dump_json().encode())


class TestMaxTextChars:
    def test_of_chinese_fit_into_one_frame(self):
        assert turn_frame_bytes("好" * limits.MAX_TEXT_CHARS) <= MAX_FRAME_BYTES

    def test_of_emoji_fit_into_one_frame(self):
        assert turn_frame_bytes("🌍" * limits.MAX_TEXT_CHARS) <= MAX_FRAME_BYTES


class TestUuid7:
    def test_gives_keys_that_sort_by_the_time_they_were_made(self):
        keys = [uuid7() for _ in range(1_000)]

        assert keys == sorted(keys)
        assert {key.version for key in keys} == {7}
