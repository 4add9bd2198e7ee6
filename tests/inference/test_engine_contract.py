"""What every engine does, whichever it is."""

from collections.abc import Callable

import pytest

from inference.errors import EngineClosed, RequestIdInUse
from inference.testing import ScriptedEngine
from inference.types import ChatMessage, Delta, Engine, Finish, FinishReason, StepChannel
from tests.inference.reading import ask, finish_of, read_all, text_of


@pytest.fixture(params=["slots", "scripted"])
def any_engine(request, make_engine: Callable[..., Engine]) -> Engine:
    """Answers "Hi" in a few deltas; an answer to "Forever" is still under way when a test looks."""
    if request.param == "slots":
        return make_engine(num_slots=2)
    return ScriptedEngine({"Hi": ["one", " two", " three"]})


def _forever(request_id: str = "r"):
    return ask("Forever", request_id=request_id, max_new_tokens=480, logit_bias={2: -100.0})


class TestAnEngine:
    def test_gives_deltas_and_then_one_finish(self, any_engine):
        outputs = list(any_engine.submit(ask("Hi")))

        assert isinstance(outputs[-1], Finish)
        assert all(isinstance(output, Delta) and output.text for output in outputs[:-1])
        assert outputs[-1].error is None
        assert {output.request_id for output in outputs} == {"r"}

    def test_answers_the_same_question_alike(self, any_engine):
        assert text_of(any_engine.submit(ask("Hi"))) == text_of(any_engine.submit(ask("Hi")))

    def test_sends_outputs_to_the_channel_and_none_to_the_stream(self, any_engine):
        channel = StepChannel()

        stream = any_engine.submit(ask("Hi"), channel=channel)
        outputs = read_all(channel, num_requests=1)

        assert list(stream) == []
        assert text_of(outputs)

    def test_continues_after_a_prefix(self, any_engine):
        whole = text_of(any_engine.submit(ask("Hi")))

        rest = text_of(any_engine.submit(ask("Hi", prefix=whole[:5])))

        assert not rest.startswith(whole[:5])

    def test_ends_a_cancelled_request_with_cancelled(self, any_engine):
        stream = any_engine.submit(_forever())

        any_engine.cancel("r")

        assert finish_of(list(stream)).finish_reason is FinishReason.CANCELLED

    def test_ignores_a_cancel_of_what_ended_or_never_was(self, any_engine):
        list(any_engine.submit(ask("Hi")))

        any_engine.cancel("r")
        any_engine.cancel("nobody")

        assert text_of(any_engine.submit(ask("Hi")))

    def test_refuses_an_id_in_use(self, any_engine):
        any_engine.submit(_forever())

        with pytest.raises(RequestIdInUse):
            any_engine.submit(_forever())

    def test_ends_all_requests_when_closed_and_takes_no_more(self, any_engine):
        channel = StepChannel()
        for number in range(4):
            any_engine.submit(_forever(str(number)), channel=channel)

        any_engine.close()

        outputs = read_all(channel, num_requests=4)
        assert {finish_of(outputs, str(n)).finish_reason for n in range(4)} == {FinishReason.CANCELLED}
        with pytest.raises(EngineClosed):
            any_engine.submit(ask("Hi"))

    def test_counts_the_tokens_of_a_prompt(self, any_engine):
        short, long = [ChatMessage("user", "Hi")], [ChatMessage("user", "Hi there, how are you?")]

        assert 0 < any_engine.count_prompt_tokens(short) < any_engine.count_prompt_tokens(long)

    def test_tells_what_it_is_doing(self, any_engine):
        channel = StepChannel()

        any_engine.submit(_forever(), channel=channel)
        if isinstance(any_engine, ScriptedEngine):
            any_engine.say("r", "word")
        channel.get(timeout_s=60)
        stats = any_engine.stats()

        assert stats.num_running == 1
        assert stats.num_waiting == 0
        assert stats.num_steps >= 1
        assert stats.num_generated_tokens >= 1


class TestAScriptedEngine:
    def test_says_what_the_test_dictates(self):
        engine, channel = ScriptedEngine(), StepChannel()
        engine.submit(ask("anything"), channel=channel)

        engine.say("r", "Hello")
        engine.say("r", " you")
        engine.end("r", FinishReason.LENGTH)

        outputs = read_all(channel, num_requests=1)
        assert text_of(outputs) == "Hello you"
        assert finish_of(outputs).finish_reason is FinishReason.LENGTH
        assert finish_of(outputs).usage.num_completion_tokens == 2

    def test_resumes_a_script_after_the_prefix(self):
        engine = ScriptedEngine({"Hi": ["one", " two", " three"]})

        assert text_of(engine.submit(ask("Hi", prefix="one t"))) == "wo three"
