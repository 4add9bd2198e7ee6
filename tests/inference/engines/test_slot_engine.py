"""The slot engine over a tiny Llama: answers that are the model's own, and what it refuses."""

from typing import Any, ClassVar

import pytest

from inference.errors import (
    ModelUnusable,
)
from inference.testing import tiny_model
from inference.types import Delta, Finish, FinishReason, StepChannel
from tests.inference.engines.speaking import NO_END, NO_HALF_CHARACTERS, TEXTS
from tests.inference.expected import ExpectedAnswer, expected_answer, expected_answers
from tests.inference.reading import ask, finish_of, read_all, text_of


@pytest.fixture(scope="module")
def expected(tokenizer) -> dict[str, ExpectedAnswer]:
    return expected_answers(tiny_model(), tokenizer, TEXTS, num_tokens=24)


class TestGreedyAnswers:
    @pytest.mark.parametrize("text", TEXTS)
    def test_are_those_of_generate_alone(self, engine, expected, text):
        assert expected[text].matches(text_of(engine.submit(ask(text))))

    def test_are_those_of_generate_beside_others_that_join_and_leave(self, make_engine, expected):
        engine = make_engine(num_slots=3, max_prefill_tokens=16)
        channel = StepChannel()
        lengths = [24, 3, 24, 9, 24, 1, 24, 17, 24, 24, 5, 24]

        for number, length in enumerate(lengths):
            text = TEXTS[number % len(TEXTS)]
            engine.submit(ask(text, request_id=str(number), max_new_tokens=length), channel=channel)
        outputs = read_all(channel, num_requests=len(lengths))

        for number, length in enumerate(lengths):
            whole = expected[TEXTS[number % len(TEXTS)]]
            answer = text_of(outputs, str(number))
            assert whole.matches(answer) if length == 24 else whole.begins_with(answer)

    @pytest.mark.parametrize(
        ("architecture", "settings"),
        [
            ("qwen2", {}),
            ("qwen3", {}),
            ("mistral", {"sliding_window": 24}),
            ("gemma3_text", {"sliding_window": 16, "layer_types": ["sliding_attention", "full_attention"]}),
            ("gemma2", {"attn_logit_softcapping": 0.5, "sliding_window": 16}),
            ("phi3", {"num_key_value_heads": 4}),
        ],
    )
    def test_are_those_of_generate_for_other_architectures(self, make_engine, tokenizer, architecture, settings):
        text = "the quick brown fox jumps over the lazy dog " * 2
        expected = expected_answer(tiny_model(architecture=architecture, **settings), tokenizer, text, num_tokens=24)
        engine = make_engine(model=tiny_model(architecture=architecture, **settings), max_prefill_tokens=16)

        assert expected.matches(text_of(engine.submit(ask(text))))


class TestSampledAnswers:
    SAMPLING: ClassVar[dict[str, Any]] = {"temperature": 1.0, "top_p": 0.9, "seed": 11, "max_new_tokens": 16}

    def test_depend_on_their_seed_and_not_on_the_company(self, make_engine):
        alone = text_of(make_engine().submit(ask("Hi", **self.SAMPLING)))
        engine, channel = make_engine(), StepChannel()

        for number, text in enumerate(TEXTS):
            engine.submit(ask(text, request_id=str(number), **{**self.SAMPLING, "seed": number}), channel=channel)
        engine.submit(ask("Hi", **self.SAMPLING), channel=channel)
        outputs = read_all(channel, num_requests=len(TEXTS) + 1)

        assert text_of(outputs) == alone


class TestAnAnswer:
    def test_ends_at_its_length(self, engine):
        outputs = list(engine.submit(ask("Hi", max_new_tokens=5, logit_bias=NO_END)))

        assert finish_of(outputs).finish_reason is FinishReason.LENGTH
        assert finish_of(outputs).usage.num_completion_tokens == 5
        assert sum(output.num_tokens for output in outputs if isinstance(output, Delta)) <= 5

    def test_ends_at_an_end_token(self, engine):
        outputs = list(engine.submit(ask("Hi", logit_bias={2: 100.0})))

        assert [type(output) for output in outputs] == [Finish]
        assert finish_of(outputs).finish_reason is FinishReason.STOP


class TestLogProbabilities:
    def test_come_with_the_text_of_their_tokens(self, engine, tokenizer):
        request = ask("Hi", num_logprobs=2, logit_bias={**NO_END, **NO_HALF_CHARACTERS})

        outputs = list(engine.submit(request))

        deltas = [output for output in outputs if isinstance(output, Delta)]
        entries = [entry for delta in deltas for entry in delta.logprobs]
        assert len(entries) == finish_of(outputs).usage.num_completion_tokens
        assert "".join(entry.text for entry in entries) == text_of(outputs)
        assert all(len(entry.alternatives) == 2 for entry in entries)

    def test_are_those_of_the_model_itself(self, engine, tokenizer):
        [first, *_] = [output for output in engine.submit(ask("Hi", num_logprobs=3)) if isinstance(output, Delta)]
        prompt = tokenizer.apply_chat_template(
            [{"role": "user", "content": "Hi"}], add_generation_prompt=True, return_tensors="pt", return_dict=True
        )

        expected = tiny_model()(**prompt).logits[0, -1].log_softmax(-1).topk(3)

        assert [other.logprob for other in first.logprobs[0].alternatives] == pytest.approx(
            expected.values.tolist(), abs=1e-4
        )

    def test_are_absent_where_nobody_asked(self, engine):
        assert all(not output.logprobs for output in engine.submit(ask("Hi")) if isinstance(output, Delta))


class TestClose:
    def test_ends_every_request_with_cancelled(self, make_engine):
        engine, channel = make_engine(num_slots=2), StepChannel()
        for number in range(5):
            engine.submit(ask("Hi", request_id=str(number), max_new_tokens=400, logit_bias=NO_END), channel=channel)
        channel.get(timeout_s=60)

        engine.close()
        outputs = read_all(channel, num_requests=5)

        assert {output.finish_reason for output in outputs if isinstance(output, Finish)} == {FinishReason.CANCELLED}


class TestLoadCheck:
    def test_refuses_a_cache_without_room(self, make_engine):
        with pytest.raises(ModelUnusable, match="cache"):
            make_engine(cache_bytes=10)
