"""What every engine says: the model's own words, whoever shares the batch, however they are cut."""

from dataclasses import replace
from typing import Any, ClassVar

import pytest

from inference.testing import tiny_model, tiny_tokenizer
from inference.types import (
    ChatMessage,
    Delta,
    Finish,
    FinishReason,
    StepChannel,
)
from tests.inference.company import outputs_in_company
from tests.inference.engines.contract.making import (
    DECODERS,
    DIGITS,
    NO_END,
    SPOKEN,
    TEXTS,
    make_model,
    make_tokenizer,
    start_engine,
)
from tests.inference.expected import expected_answer
from tests.inference.reading import ask, finish_of, read_all, text_of


class TestGreedyAnswers:
    @pytest.mark.parametrize("text", TEXTS)
    def test_are_those_of_generate_alone(self, engine, expected, text):
        assert expected[text].matches(text_of(engine.submit(ask(text))))

    def test_are_those_of_generate_beside_31_others_that_join_and_leave(self, engine, expected):
        watched = TEXTS[1]

        outputs = outputs_in_company(engine, ask(watched, request_id="watched"), texts=TEXTS, num_others=31)

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
        sampling = {**self.SAMPLING, "temperature": 5.0, "top_p": 1.0, "logit_bias": DIGITS}

        answers = {text_of(engine.submit(ask("Hi", **{**sampling, "seed": seed}))) for seed in (None, None, 1, 2, 3)}

        assert len(answers) == 5

    def test_are_the_same_on_every_engine(self):
        sampling: dict[str, Any] = {"temperature": 3.0, "top_k": 40, "frequency_penalty": 0.5, "logit_bias": NO_END}
        requests = [ask(text, request_id=str(number), seed=number, **sampling) for number, text in enumerate(TEXTS)]
        answers = []
        for kind in DECODERS:
            engine = start_engine(kind)
            answers.append([text_of(engine.submit(request), request.id) for request in requests])
            engine.close()

        assert answers[0] == answers[1] == answers[2]
        assert len(set(answers[0])) == len(TEXTS)


class TestAnAnswer:
    def test_comes_as_deltas_and_then_one_finish(self, engine):
        outputs = list(engine.submit(ask("Hi", logit_bias=DIGITS)))

        assert len(outputs) == 24 + 1
        assert isinstance(outputs[-1], Finish)
        assert all(isinstance(output, Delta) and output.text for output in outputs[:-1])
        assert outputs[-1].error is None
        assert {output.request_id for output in outputs} == {"r"}

    def test_never_comes_as_an_empty_batch(self, engine):
        channel = StepChannel()
        engine.submit(ask("Hi", logit_bias=DIGITS, max_new_tokens=40), channel=channel)

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

        stream = engine.submit(ask("Hi", logit_bias=NO_END), channel=channel)
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
