"""What every engine does when a step fails, when it is asked how it is, and when it is closed."""

from collections.abc import Callable
from typing import Any

import pytest
import torch

from inference.errors import (
    EngineClosed,
    RequestIdInUse,
    StepFailed,
)
from inference.testing import ScriptedEngine
from inference.types import (
    ChatMessage,
    Engine,
    Finish,
    FinishReason,
    StepChannel,
)
from tests.inference.engines.contract.making import NO_END, TEXTS, hookable_model
from tests.inference.reading import ask, finish_of, read_all, text_of


class TestAFailingStep:
    @pytest.fixture
    def failing(self, kind, start) -> tuple[Engine, Callable[[str], None]]:
        """An engine, and a way to make its next forward pass fail."""
        model = hookable_model(kind)
        failures: list[str] = []

        def before(*_: Any) -> None:
            if failures == ["out of memory"]:
                failures.clear()
                raise RuntimeError("out of memory")

        def after(_model: Any, _args: Any, output: Any) -> None:
            if failures == ["nan"]:
                failures.clear()
                output.logits = torch.full_like(output.logits, float("nan"))

        engine = start(model=model)
        model.register_forward_pre_hook(before)
        model.register_forward_hook(after)
        return engine, failures.append

    @pytest.mark.parametrize("failure", ["out of memory", "nan"])
    def test_fails_its_request_with_a_typed_error_and_spares_the_next(self, failing, expected, failure):
        engine, break_next = failing

        break_next(failure)
        failed = finish_of(list(engine.submit(ask(TEXTS[0]))))

        assert failed.finish_reason is FinishReason.ERROR
        assert isinstance(failed.error, StepFailed)
        assert ("out of memory" if failure == "out of memory" else "not numbers") in str(failed.error)
        for text in TEXTS[:3]:
            assert expected[text].matches(text_of(engine.submit(ask(text))))

    def test_spares_those_that_wait(self, kind, failing, expected):
        engine, break_next = failing
        channel = StepChannel()
        engine.submit(ask(TEXTS[0], request_id="runs", max_new_tokens=480, logit_bias=NO_END), channel=channel)
        outputs = list(channel.get(timeout_s=60))

        break_next("out of memory")
        outputs += read_all(channel, num_requests=1)

        assert isinstance(finish_of(outputs, "runs").error, StepFailed)
        assert engine.stats().num_running == 0
        assert expected[TEXTS[1]].matches(text_of(engine.submit(ask(TEXTS[1]))))


class TestStats:
    def test_tell_what_it_is_doing(self, start):
        engine, channel = start(), StepChannel()

        engine.submit(ask("Hi", max_new_tokens=480, logit_bias=NO_END), channel=channel)
        channel.get(timeout_s=60)
        stats = engine.stats()

        assert (stats.num_running, stats.num_waiting) == (1, 0)
        assert stats.num_steps >= 1
        assert stats.num_generated_tokens >= 1
        assert stats.num_cached_tokens >= 1


class TestClose:
    def test_ends_every_request_with_cancelled_and_takes_no_more(self, start):
        engine, channel = start(num_slots=2), StepChannel()
        for number in range(5):
            engine.submit(ask("Hi", request_id=str(number), max_new_tokens=400, logit_bias=NO_END), channel=channel)

        engine.close()
        outputs = read_all(channel, num_requests=5)

        assert {finish_of(outputs, str(n)).finish_reason for n in range(5)} == {FinishReason.CANCELLED}
        with pytest.raises(EngineClosed):
            engine.submit(ask("Hi"))
        engine.close()


class TestAScriptedEngine:
    """What callers are tested on speaks the same interface."""

    @pytest.fixture
    def scripted(self) -> ScriptedEngine:
        return ScriptedEngine({"Hi": ["one", " two", " three"]})

    def test_gives_deltas_and_then_one_finish(self, scripted):
        outputs = list(scripted.submit(ask("Hi")))

        assert text_of(outputs) == "one two three"
        assert finish_of(outputs).finish_reason is FinishReason.STOP
        assert isinstance(outputs[-1], Finish)

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

    def test_resumes_a_script_after_the_prefix(self, scripted):
        assert text_of(scripted.submit(ask("Hi", prefix="one t"))) == "wo three"

    def test_refuses_an_id_in_use(self, scripted):
        scripted.submit(ask("Forever"))

        with pytest.raises(RequestIdInUse):
            scripted.submit(ask("Forever"))

    def test_ends_a_cancelled_request_with_cancelled(self, scripted):
        stream = scripted.submit(ask("Forever"))

        scripted.cancel("r")
        scripted.cancel("nobody")

        assert finish_of(list(stream)).finish_reason is FinishReason.CANCELLED

    def test_ends_all_requests_when_closed_and_takes_no_more(self, scripted):
        channel = StepChannel()
        for number in range(4):
            scripted.submit(ask("Forever", request_id=str(number)), channel=channel)

        scripted.close()

        outputs = read_all(channel, num_requests=4)
        assert {finish_of(outputs, str(n)).finish_reason for n in range(4)} == {FinishReason.CANCELLED}
        with pytest.raises(EngineClosed):
            scripted.submit(ask("Hi"))

    def test_counts_the_tokens_of_a_prompt(self, scripted):
        short, long = [ChatMessage("user", "Hi")], [ChatMessage("user", "Hi there, how are you?")]

        assert 0 < scripted.count_prompt_tokens(short) < scripted.count_prompt_tokens(long)
