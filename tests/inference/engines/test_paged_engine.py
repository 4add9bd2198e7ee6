"""What is PagedEngine's own: pages, and the restart of transformers' batching."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from inference.engines.paged_engine import PagedEngine
from inference.errors import ModelUnusable, StepFailed
from inference.testing import tiny_model
from inference.types import StepChannel
from tests.inference.expected import expected_answer
from tests.inference.reading import ask, finish_of, read_all, text_of

NO_END = dict.fromkeys((0, 2), -100.0)
BYTES_PER_PAGE = 256 * 2 * 2 * 2 * 8 * 4  # keys and values, layers, heads, head size, float32


@pytest.fixture
def start(tokenizer) -> Iterator[Callable[..., PagedEngine]]:
    engines: list[PagedEngine] = []

    def start_one(*, model: Any = None, **options: Any) -> PagedEngine:
        engines.append(PagedEngine(model or tiny_model(), tokenizer, **{"cache_bytes": 8 * BYTES_PER_PAGE, **options}))
        return engines[-1]

    yield start_one
    for engine in engines:
        engine.close()


class TestAFailedStep:
    def test_spares_those_whom_it_did_not_touch(self, start, tokenizer):
        long, untouched = "the quick brown fox jumps over the lazy dog " * 12, "What is the capital of France?"
        expected = expected_answer(tiny_model(), tokenizer, untouched, num_tokens=24)
        model, channel = tiny_model(), StepChannel()
        engine = start(model=model, max_prefill_tokens=16, num_slots=3)
        steps: list[int] = []

        def fail_at_the_third(*_: Any) -> None:
            steps.append(len(steps))
            if len(steps) == 3:
                raise RuntimeError("out of memory")

        model.register_forward_pre_hook(fail_at_the_third)
        engine.submit(ask(long, request_id="long"), channel=channel)
        engine.submit(ask(untouched, request_id="untouched"), channel=channel)
        outputs = read_all(channel, num_requests=2)

        assert isinstance(finish_of(outputs, "long").error, StepFailed)
        assert finish_of(outputs, "untouched").error is None
        assert expected.matches(text_of(outputs, "untouched"))


class TestPages:
    def test_are_reserved_before_a_request_begins(self, start):
        engine, channel = start(cache_bytes=2 * BYTES_PER_PAGE, num_slots=4), StepChannel()
        for number in range(4):  # each needs both pages
            engine.submit(ask("Hi", request_id=str(number), max_new_tokens=300, logit_bias=NO_END), channel=channel)

        assert engine.stats().num_running == 1
        outputs = read_all(channel, num_requests=4)
        assert all(finish_of(outputs, str(n)).usage.num_completion_tokens == 300 for n in range(4))

    def test_bound_the_context_window(self, start):
        assert start(cache_bytes=BYTES_PER_PAGE).context_window == 256

    def test_are_at_least_one(self, start):
        with pytest.raises(ModelUnusable, match="not one page"):
            start(cache_bytes=BYTES_PER_PAGE - 1)


class TestBfloat16:
    def test_answers_alike_alone_and_again(self, start):
        engine = start(model=tiny_model().bfloat16())

        answers = {text_of(engine.submit(ask("Hi", temperature=1.0, seed=3, logit_bias=NO_END))) for _ in range(3)}

        assert len(answers) == 1
        assert len(answers.pop()) > 3
