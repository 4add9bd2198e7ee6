"""What every engine takes and refuses: parameters, prompts, the line, and cancelling."""

from dataclasses import replace
from typing import Any

import pytest

from inference.errors import (
    PromptTooLong,
    QueueFull,
    RequestIdInUse,
    UnsupportedParameter,
)
from inference.testing import TINY_CONTEXT_WINDOW
from inference.types import (
    OPTIONAL_PARAMETERS,
    Finish,
    FinishReason,
    GenerationRequest,
    SamplingParameters,
    StepChannel,
)
from tests.inference.engines.contract.making import DIGITS, NO_END
from tests.inference.reading import ask, finish_of, read_all, text_of


class TestCancel:
    def test_ends_a_running_request_with_cancelled(self, engine):
        channel = StepChannel()
        engine.submit(ask("Hi", max_new_tokens=400, logit_bias=NO_END), channel=channel)
        channel.get(timeout_s=60)

        engine.cancel("r")

        assert finish_of(read_all(channel, num_requests=1)).finish_reason is FinishReason.CANCELLED
        assert text_of(engine.submit(ask("Hi", logit_bias=NO_END)))

    @pytest.mark.parametrize("num_steps_before", [0, 6])
    def test_frees_the_slot_after_the_step_at_which_it_comes(self, gated, kind, num_steps_before):
        start_gated, gates = gated
        engine, channel = start_gated(num_slots=1, max_prefill_tokens=24), StepChannel()
        [gate] = gates
        text = "the quick brown fox jumps over the lazy dog " * 4
        engine.submit(ask(text, request_id="long", max_new_tokens=100, logit_bias=NO_END), channel=channel)
        gate.wait_entered(1)
        gate.let_through(num_steps_before)
        gate.wait_entered(num_steps_before)

        # With a penalty an engine guesses no tokens: each takes a step.
        engine.submit(ask("Hi", max_new_tokens=5, logit_bias=NO_END, presence_penalty=0.5), channel=channel)
        engine.cancel("long")
        gate.open()
        outputs = read_all(channel, num_requests=2)

        assert finish_of(outputs, "long").finish_reason is FinishReason.CANCELLED
        assert finish_of(outputs).usage.num_completion_tokens == 5
        assert gate.num_entered == num_steps_before + 1 + 5  # "Hi" takes one step for its prompt, and four

    def test_of_what_ended_or_never_was_is_ignored(self, engine):
        list(engine.submit(ask("Hi")))

        engine.cancel("r")
        engine.cancel("nobody")

        assert text_of(engine.submit(ask("Hi", logit_bias=NO_END)))

    def test_leaves_its_id_free(self, engine):
        for _ in range(3):
            channel = StepChannel()
            engine.submit(ask("Hi", max_new_tokens=400, logit_bias=NO_END), channel=channel)
            engine.cancel("r")
            assert finish_of(read_all(channel, num_requests=1)).finish_reason is FinishReason.CANCELLED

        assert text_of(engine.submit(ask("Hi", logit_bias=NO_END)))


class TestTheLine:
    def test_is_served_by_priority_and_then_by_arrival(self, gated):
        start_gated, gates = gated
        engine, channel = start_gated(num_slots=1), StepChannel()
        engine.submit(ask("Hi", request_id="runs", max_new_tokens=2), channel=channel)
        gates[0].wait_entered()

        for request_id, priority in (("late", 5), ("second", 0), ("third", 0), ("first", -1)):
            engine.submit(ask("Hi", request_id=request_id, priority=priority, max_new_tokens=2), channel=channel)
        gates[0].open()
        outputs = read_all(channel, num_requests=5)

        ended = [output.request_id for output in outputs if isinstance(output, Finish)]
        assert ended == ["runs", "first", "second", "third", "late"]

    def test_refuses_more_than_may_wait(self, gated):
        start_gated, gates = gated
        engine, channel = start_gated(num_slots=1, max_waiting=2), StepChannel()
        engine.submit(ask("Hi", request_id="runs"), channel=channel)
        gates[0].wait_entered()
        for number in range(2):
            engine.submit(ask("Hi", request_id=str(number)), channel=channel)

        with pytest.raises(QueueFull, match="2 requests wait already"):
            engine.submit(ask("Hi", request_id="3"), channel=channel)

        assert (engine.stats().num_running, engine.stats().num_waiting) == (1, 2)
        gates[0].open()
        assert len([o for o in read_all(channel, num_requests=3) if isinstance(o, Finish)]) == 3

    def test_refuses_an_id_in_use(self, gated):
        start_gated, _ = gated
        engine = start_gated(num_slots=1)
        engine.submit(ask("Hi"))
        engine.submit(ask("Hi", request_id="waits"))

        for request_id in ("r", "waits"):
            with pytest.raises(RequestIdInUse):
                engine.submit(ask("Hi", request_id=request_id))


EXAMPLES: dict[str, Any] = {
    "temperature": 0.7, "top_k": 3, "top_p": 0.5, "min_p": 0.1, "repetition_penalty": 1.2, "frequency_penalty": 0.5,
    "presence_penalty": 0.5, "seed": 1, "logit_bias": {5: 1.0}, "stop": ("x",), "num_logprobs": 2, "prefix": "ab",
    "priority": 1, "adapter": "mine",
}  # fmt: skip


# Among ten digits, one of 24 stands there again.
CHANGES: list[dict[str, Any]] = [
    {"repetition_penalty": 5.0},
    {"presence_penalty": 100.0},
    {"logit_bias": NO_END | {70: 100.0}},
    {"temperature": 50.0, "seed": 1},
]


def _asking_for(name: str) -> GenerationRequest:
    if name in ("prefix", "priority"):
        return ask("Hi", max_new_tokens=3, **{name: EXAMPLES[name]})
    if name == "adapter":
        return replace(ask("Hi", max_new_tokens=3), adapter=EXAMPLES[name])
    return ask("Hi", **{"temperature": 1.0, "max_new_tokens": 3, name: EXAMPLES[name]})


class TestParameters:
    @pytest.mark.parametrize("name", OPTIONAL_PARAMETERS)
    def test_are_taken_if_declared_and_else_refused_by_name(self, engine, name):
        if name in engine.capabilities.parameters:
            assert finish_of(list(engine.submit(_asking_for(name)))).error is None
        else:
            with pytest.raises(UnsupportedParameter) as refusal:
                engine.submit(_asking_for(name))
            assert refusal.value.parameter == name

    def test_undeclared_are_adapters_at_least(self, engine):
        assert "adapter" not in engine.capabilities.parameters
        assert engine.capabilities.reason

    @pytest.mark.parametrize(
        ("parameter", "value"),
        [
            ("num_logprobs", 21),
            ("max_new_tokens", 0),
            ("temperature", -0.1),
            ("temperature", float("nan")),
            ("top_p", 0.0),
            ("top_k", -1),
            ("min_p", 1.5),
            ("repetition_penalty", 0.0),
            ("logit_bias", {10_000: 1.0}),
        ],
    )
    def test_out_of_range_are_refused_by_name(self, engine, parameter, value):
        with pytest.raises(UnsupportedParameter, match=parameter) as refusal:
            engine.submit(ask("Hi", **{parameter: value}))

        assert refusal.value.parameter == parameter

    def test_must_say_what_to_answer(self, engine):
        with pytest.raises(ValueError, match="either messages or prompt_token_ids"):
            engine.submit(GenerationRequest(id="r", sampling=SamplingParameters(1)))

    @pytest.mark.parametrize("num_shared", [-1, 4])
    def test_can_share_no_more_tokens_than_there_are(self, engine, num_shared):
        request = GenerationRequest(
            id="r", sampling=SamplingParameters(1), prompt_token_ids=(5, 6, 7), num_shared_tokens=num_shared
        )

        with pytest.raises(ValueError, match="cannot share"):
            engine.submit(request)

    def test_change_the_answer(self, engine):
        plain = text_of(engine.submit(ask("Hi", logit_bias=DIGITS)))

        changed = [text_of(engine.submit(ask("Hi", **{"logit_bias": DIGITS, **change}))) for change in CHANGES]

        assert plain not in changed


class TestAPrompt:
    def test_that_is_too_long_is_refused_with_both_numbers(self, engine):
        with pytest.raises(PromptTooLong) as refusal:
            engine.submit(ask("x " * 2_000))

        assert refusal.value.num_prompt_tokens > 2_000
        assert refusal.value.context_window == TINY_CONTEXT_WINDOW == engine.context_window

    def test_that_leaves_room_for_one_token_gets_one(self, engine):
        ids = (5,) * (TINY_CONTEXT_WINDOW - 1)
        request = GenerationRequest(id="r", sampling=SamplingParameters(9, temperature=0.0), prompt_token_ids=ids)

        assert finish_of(list(engine.submit(request))).usage.num_completion_tokens == 1
        with pytest.raises(PromptTooLong):
            engine.submit(replace(request, prompt_token_ids=(*ids, 5)))
