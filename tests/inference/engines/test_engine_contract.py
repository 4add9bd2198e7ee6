"""What every engine does, whichever it is; of what is optional, what it declares."""

import random
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, ClassVar

import pytest
import torch

from inference.engines.generate_engine import GenerateEngine
from inference.engines.paged_engine import PagedEngine
from inference.engines.slot_engine import SlotEngine
from inference.errors import (
    EngineClosed,
    PromptTooLong,
    QueueFull,
    RequestIdInUse,
    StepFailed,
    UnsupportedParameter,
)
from inference.testing import TINY_CONTEXT_WINDOW, ScriptedEngine, speaking_model, tiny_model, tiny_tokenizer
from inference.types import (
    OPTIONAL_PARAMETERS,
    ChatMessage,
    Delta,
    Engine,
    Finish,
    FinishReason,
    GenerationRequest,
    SamplingParameters,
    StepChannel,
)
from tests.inference.expected import expected_answer
from tests.inference.reading import ask, finish_of, read_all, text_of

# Decoder-only models run on all three; an encoder-decoder one on GenerateEngine alone.
DECODERS = ["slots", "paged", "generate"]
KINDS = [*DECODERS, "t5"]
TEXTS = ["Hi", "the quick brown fox " * 6, "What is the capital of France?", "你好,世界 😀", "jumps over " * 30, "x"]
NO_END = dict.fromkeys((0, 2), -100.0)  # a bias on both end tokens: the answer runs to its limit
# Digits alone: they are never merged, so that a text of them is cut into the tokens that wrote it.
DIGITS = NO_END | dict.fromkeys((tiny_tokenizer().convert_tokens_to_ids(digit) for digit in "0123456789"), 100.0)
SPOKEN = "what?你😀é"


def make_model(kind: str, **settings: Any) -> Any:
    return tiny_model(architecture="t5" if kind == "t5" else "llama", **settings)


def hookable_model(kind: str) -> Any:
    """A model in a class of its own: the slot engine lets its own layers compute, so that hooks on it are called."""
    model = make_model(kind)
    model.__class__ = type(f"Own{type(model).__name__}", (type(model),), {})
    return model


def make_tokenizer(kind: str) -> Any:
    tokenizer = tiny_tokenizer()
    if kind == "t5":
        tokenizer.chat_template = None
    return tokenizer


def start_engine(kind: str, *, model: Any = None, num_slots: int = 32, max_prefill_tokens: int = 64, **options: Any):
    model, tokenizer = model or make_model(kind), make_tokenizer(kind)
    room: dict[str, Any] = {"num_slots": num_slots, "max_prefill_tokens": max_prefill_tokens, "cache_bytes": 2**24}
    match kind:
        case "slots":
            return SlotEngine(model, tokenizer, **room, **options)
        case "paged":
            return PagedEngine(model, tokenizer, **room, **options)
        case _:
            return GenerateEngine(model, tokenizer, **options)


@pytest.fixture(scope="module", params=KINDS)
def kind(request) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def engine(kind) -> Iterator[Engine]:
    """One engine for all tests of a kind that leave it as it was."""
    engine = start_engine(kind)
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def expected(kind) -> dict[str, Any]:
    model, tokenizer = make_model(kind), make_tokenizer(kind)
    return {text: expected_answer(model, tokenizer, text, num_tokens=24) for text in TEXTS}


@pytest.fixture
def start(kind) -> Iterator[Callable[..., Engine]]:
    """Start engines of the kind with options of their own; they are closed when the test ends."""
    engines: list[Engine] = []

    def start_one(**options: Any) -> Engine:
        engines.append(start_engine(kind, **options))
        return engines[-1]

    yield start_one
    for engine in engines:
        engine.close()


@pytest.fixture(scope="module", params=DECODERS)
def speaker(request) -> Iterator[Engine]:
    """Says SPOKEN, one token after the other, whatever it is asked."""
    engine = start_engine(request.param, model=speaking_model(SPOKEN))
    yield engine
    engine.close()


class Gate:
    """Lets a model's forward passes through one by one, and counts them."""

    def __init__(self, model: Any) -> None:
        self.num_entered = 0
        self._entered = threading.Semaphore(0)
        self._permits = threading.Semaphore(0)
        self._is_open = threading.Event()
        model.register_forward_pre_hook(self._pass)

    def open(self) -> None:
        self._is_open.set()
        self._permits.release()

    def let_through(self, num_passes: int) -> None:
        for _ in range(num_passes):
            self._permits.release()

    def wait_entered(self, num_passes: int = 1) -> None:
        for _ in range(num_passes):
            assert self._entered.acquire(timeout=60)

    def _pass(self, *_: Any) -> None:
        self.num_entered += 1
        self._entered.release()
        assert self._permits.acquire(timeout=60)
        if self._is_open.is_set():
            self._permits.release()


@pytest.fixture
def gated(kind, start) -> Iterator[tuple[Callable[..., Engine], list[Gate]]]:
    """Start an engine whose forward passes the test lets through."""
    gates: list[Gate] = []
    model = hookable_model(kind)

    def start_gated(**options: Any) -> Engine:
        engine: Engine = start(model=model, **options)
        gates.append(Gate(model))  # after the engine's own check of the model
        return engine

    yield start_gated, gates
    for gate in gates:
        gate.open()


def _steps_of(engine: Engine, request: GenerationRequest) -> int:
    before = engine.stats().num_steps
    list(engine.submit(request))
    return engine.stats().num_steps - before


class TestGreedyAnswers:
    @pytest.mark.parametrize("text", TEXTS)
    def test_are_those_of_generate_alone(self, engine, expected, text):
        assert expected[text].matches(text_of(engine.submit(ask(text))))

    def test_are_those_of_generate_beside_31_others_that_join_and_leave(self, engine, expected):
        chance, channel = random.Random(5), StepChannel()
        watched = TEXTS[1]
        engine.submit(ask(watched, request_id="watched"), channel=channel)
        outputs: list[Any] = []
        for number in range(31):
            length = chance.choice([1, 2, 5, 9, 17, 24])
            engine.submit(ask(chance.choice(TEXTS), request_id=str(number), max_new_tokens=length), channel=channel)
            if chance.random() < 0.5:
                outputs += channel.get(timeout_s=60)
            if chance.random() < 0.2:
                engine.cancel(str(chance.randrange(number + 1)))

        num_ended = sum(isinstance(output, Finish) for output in outputs)
        outputs += read_all(channel, num_requests=32 - num_ended)

        assert expected[watched].matches(text_of(outputs, "watched"))
        assert {output.request_id for output in outputs if isinstance(output, Finish)} == {
            "watched",
            *map(str, range(31)),
        }

    def test_are_those_of_generate_for_all_of_32_at_once(self, engine, expected):
        channel = StepChannel()
        for number in range(32):
            engine.submit(ask(TEXTS[number % len(TEXTS)], request_id=str(number)), channel=channel)

        outputs = read_all(channel, num_requests=32)

        for number in range(32):
            assert expected[TEXTS[number % len(TEXTS)]].matches(text_of(outputs, str(number)))

    def test_count_their_tokens(self, engine, expected):
        outputs = list(engine.submit(ask(TEXTS[2])))

        assert finish_of(outputs).usage.num_completion_tokens == expected[TEXTS[2]].num_tokens

    @pytest.mark.parametrize("kind", ["slots", "paged", "generate"], indirect=True)
    def test_are_those_of_generate_past_a_sliding_window(self, kind):
        text = "the quick brown fox jumps over the lazy dog " * 2
        settings: dict[str, Any] = {"architecture": "mistral", "sliding_window": 24}
        expected = expected_answer(tiny_model(**settings), tiny_tokenizer(), text, num_tokens=24)

        engine = start_engine(kind, model=tiny_model(**settings), max_prefill_tokens=16)
        answer = text_of(engine.submit(ask(text)))
        engine.close()

        assert expected.matches(answer)


class TestSampledAnswers:
    SAMPLING: ClassVar[dict[str, Any]] = {"temperature": 1.0, "top_p": 0.9, "seed": 11, "max_new_tokens": 16}

    def test_depend_on_their_seed_and_not_on_the_company(self, engine):
        alone, channel = text_of(engine.submit(ask("Hi", **self.SAMPLING))), StepChannel()

        for number, text in enumerate(TEXTS):
            engine.submit(ask(text, request_id=str(number), **{**self.SAMPLING, "seed": number}), channel=channel)
        engine.submit(ask("Hi", **self.SAMPLING), channel=channel)
        outputs = read_all(channel, num_requests=len(TEXTS) + 1)

        assert text_of(outputs) == alone

    def test_differ_between_seeds_and_without_one(self, engine):
        sampling = {**self.SAMPLING, "temperature": 5.0, "top_p": 1.0}

        answers = {text_of(engine.submit(ask("Hi", **{**sampling, "seed": seed}))) for seed in (None, None, 1, 2, 3)}

        assert len(answers) == 5

    def test_are_the_same_on_every_engine(self):
        requests = [
            ask(text, request_id=str(number), seed=number, temperature=3.0, top_k=40, frequency_penalty=0.5)
            for number, text in enumerate(TEXTS)
        ]
        answers = []
        for kind in DECODERS:
            engine = start_engine(kind)
            answers.append([text_of(engine.submit(request), request.id) for request in requests])
            engine.close()

        assert answers[0] == answers[1] == answers[2]
        assert len(set(answers[0])) == len(TEXTS)


class TestAnAnswer:
    def test_comes_as_deltas_and_then_one_finish(self, engine):
        outputs = list(engine.submit(ask("Hi")))

        assert len(outputs) > 2
        assert isinstance(outputs[-1], Finish)
        assert all(isinstance(output, Delta) and output.text for output in outputs[:-1])
        assert outputs[-1].error is None
        assert {output.request_id for output in outputs} == {"r"}

    def test_never_comes_as_an_empty_batch(self, engine):
        channel = StepChannel()
        engine.submit(ask("Hi", logit_bias=NO_END, max_new_tokens=40), channel=channel)

        batches = [channel.get(timeout_s=60)]
        while batches[-1] and not isinstance(batches[-1][-1], Finish):
            batches.append(channel.get(timeout_s=60))

        assert len(batches) > 10
        assert all(batches)

    def test_ends_at_its_length(self, engine):
        outputs = list(engine.submit(ask("Hi", max_new_tokens=5, logit_bias=NO_END)))

        assert finish_of(outputs).finish_reason is FinishReason.LENGTH
        assert finish_of(outputs).usage.num_completion_tokens == 5

    @pytest.mark.parametrize("end_id", [0, 2])
    def test_ends_at_each_of_several_end_tokens(self, engine, end_id):
        outputs = list(engine.submit(ask("Hi", logit_bias={end_id: 100.0, 2 - end_id: -100.0})))

        assert [type(output) for output in outputs] == [Finish]
        assert finish_of(outputs).finish_reason is FinishReason.STOP

    def test_ends_when_the_context_window_is_full(self, start):
        engine = start(context_window=40)

        finish = finish_of(list(engine.submit(ask("Hi", max_new_tokens=1_000, logit_bias=NO_END))))

        assert engine.context_window == 40
        assert finish.finish_reason is FinishReason.LENGTH
        assert finish.usage.num_prompt_tokens + finish.usage.num_completion_tokens == 40

    def test_reports_when_the_first_token_came(self, engine):
        timings = finish_of(list(engine.submit(ask("Hi")))).timings

        assert timings.first_token_s is not None
        assert 0 < timings.first_token_s <= timings.total_s

    def test_goes_to_the_channel_and_not_to_the_stream(self, engine):
        channel = StepChannel()

        stream = engine.submit(ask("Hi"), channel=channel)
        outputs = read_all(channel, num_requests=1)

        assert list(stream) == []
        assert text_of(outputs)

    def test_is_asked_for_in_messages_or_in_tokens(self, engine, kind):
        tokenizer = make_tokenizer(kind)
        text = "Hi" if kind == "t5" else "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n"
        ids = tuple(tokenizer.encode(text, add_special_tokens=False))
        request = replace(ask("Hi"), messages=(), prompt_token_ids=ids)

        assert text_of(engine.submit(request)) == text_of(engine.submit(ask("Hi")))
        assert text_of(engine.submit(replace(request, num_shared_tokens=len(ids)))) == text_of(engine.submit(request))
        assert engine.count_prompt_tokens([ChatMessage("user", "Hi")]) == len(ids)


class TestText:
    def test_has_whole_characters_though_tokens_are_single_bytes(self, speaker):
        deltas = [output for output in speaker.submit(ask("x")) if isinstance(output, Delta)]

        assert "".join(delta.text for delta in deltas) == SPOKEN
        assert {"你", "😀", "é"} <= {delta.text for delta in deltas}
        assert sum(delta.num_tokens for delta in deltas) > len(SPOKEN)

    @pytest.mark.parametrize(("stop", "left"), [("t?", "wha"), ("?你", "what"), ("😀é", "what?你"), ("你!", SPOKEN)])
    def test_ends_before_a_stop_string_that_spans_tokens(self, speaker, stop, left):
        outputs = list(speaker.submit(ask("x", stop=(stop,))))

        assert text_of(outputs) == left
        assert finish_of(outputs).finish_reason is FinishReason.STOP

    def test_goes_on_from_every_character_at_which_it_was_cut(self, speaker):
        for cut in range(len(SPOKEN) + 1):
            assert SPOKEN[:cut] + text_of(speaker.submit(ask("x", prefix=SPOKEN[:cut]))) == SPOKEN

    def test_gives_out_held_bytes_at_the_end(self, speaker):
        num_tokens = len(make_tokenizer("slots").encode("what?")) + 2  # two of the three bytes of 你

        outputs = list(speaker.submit(ask("x", max_new_tokens=num_tokens)))

        assert text_of(outputs) == "what?\N{REPLACEMENT CHARACTER}"
        assert finish_of(outputs).finish_reason is FinishReason.LENGTH


class TestAContinuedAnswer:
    def test_goes_on_as_generate_does_from_the_same_beginning(self, engine, kind):
        begun = "the quick brown fox\n"  # the last token is dropped, and one token alone spells it
        expected = expected_answer(make_model(kind), make_tokenizer(kind), "Hi", num_tokens=24, begun=begun)

        outputs = list(engine.submit(ask("Hi", prefix=begun)))

        assert expected.matches(text_of(outputs))
        assert finish_of(outputs).usage.num_completion_tokens == expected.num_tokens

    @pytest.mark.parametrize("sampling", [{}, {"temperature": 5.0, "top_p": 0.9, "seed": 11}])
    @pytest.mark.parametrize("cut", [1, 9, 20])
    def test_goes_on_as_it_would_have(self, engine, sampling, cut):
        whole = text_of(engine.submit(ask("Hi", **sampling, logit_bias=DIGITS)))

        outputs = list(engine.submit(ask("Hi", **sampling, logit_bias=DIGITS, prefix=whole[:cut], max_new_tokens=4)))

        assert len(whole) == 24
        assert text_of(outputs) == whole[cut : cut + 4]
        assert finish_of(outputs).usage.num_completion_tokens == 4


class TestCancel:
    def test_ends_a_running_request_with_cancelled(self, engine):
        channel = StepChannel()
        engine.submit(ask("Hi", max_new_tokens=400, logit_bias=NO_END), channel=channel)
        channel.get(timeout_s=60)

        engine.cancel("r")

        assert finish_of(read_all(channel, num_requests=1)).finish_reason is FinishReason.CANCELLED
        assert text_of(engine.submit(ask("Hi")))

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

        engine.submit(ask("Hi", max_new_tokens=5, logit_bias=NO_END), channel=channel)
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

        assert text_of(engine.submit(ask("Hi")))

    def test_leaves_its_id_free(self, engine):
        for _ in range(3):
            channel = StepChannel()
            engine.submit(ask("Hi", max_new_tokens=400, logit_bias=NO_END), channel=channel)
            engine.cancel("r")
            assert finish_of(read_all(channel, num_requests=1)).finish_reason is FinishReason.CANCELLED

        assert text_of(engine.submit(ask("Hi")))


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


CHANGES: list[tuple[dict[int, float], dict[str, Any]]] = [
    ({}, {"repetition_penalty": 5.0}),
    ({}, {"presence_penalty": 100.0}),
    ({70: 100.0}, {}),
    ({}, {"temperature": 50.0, "seed": 1}),
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
        [("max_new_tokens", 0), ("temperature", float("nan")), ("top_p", 0.0), ("logit_bias", {10_000: 1.0})],
    )
    def test_out_of_range_are_refused_by_name(self, engine, parameter, value):
        with pytest.raises(UnsupportedParameter) as refusal:
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
        plain = text_of(engine.submit(ask("Hi", logit_bias=NO_END)))

        changed = [text_of(engine.submit(ask("Hi", logit_bias=NO_END | bias, **change))) for bias, change in CHANGES]

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
