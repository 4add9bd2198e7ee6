"""What the slot engine computes a step, and what it need not compute again."""

from dataclasses import replace
from typing import Any

import pytest

from inference.testing import tiny_model, tiny_tokenizer
from inference.types import ChatMessage, GenerationRequest, SamplingParameters, StepChannel
from tests.inference.engines.speaking import NO_END, NO_END_NOR_HALVES, TEXTS
from tests.inference.expected import ExpectedAnswer, expected_answers
from tests.inference.reading import ask, finish_of, read_all, text_of


@pytest.fixture(scope="module")
def expected(tokenizer) -> dict[str, ExpectedAnswer]:
    return expected_answers(tiny_model(), tokenizer, TEXTS, num_tokens=24)


class TestPrefixReuse:
    def test_shares_a_public_message_between_scopes_and_changes_no_answer(self, engine):
        messages = (ChatMessage("system", "Be kind. " * 10), ChatMessage("user", "Hi"))
        requests = [
            GenerationRequest(
                id=scope,
                sampling=SamplingParameters(max_new_tokens=8, temperature=0.0),
                messages=messages,
                cache_scope=scope,
                num_shared_messages=num_shared,
            )
            for scope, num_shared in (("alice", 1), ("bob", 1), ("carol", 0))
        ]

        answers = [list(engine.submit(request)) for request in requests]

        cached = [
            finish_of(outputs, request.id).usage.num_cached_prompt_tokens
            for outputs, request in zip(answers, requests, strict=True)
        ]
        assert cached[0] == 0
        assert 20 < cached[1] < finish_of(answers[1], "bob").usage.num_prompt_tokens - 5
        assert cached[2] == 0
        assert len({text_of(outputs, request.id) for outputs, request in zip(answers, requests, strict=True)}) == 1

    def test_shares_public_tokens_between_scopes_and_changes_no_answer(self, engine):
        ids = tuple(tiny_tokenizer().encode("Judge by principles. " * 10, add_special_tokens=False))
        request = GenerationRequest(
            id="r", sampling=SamplingParameters(max_new_tokens=8, temperature=0.0), prompt_token_ids=(*ids, 40, 41)
        )
        requests = [
            replace(request, cache_scope=scope, num_shared_tokens=num_shared)
            for scope, num_shared in (("alice", len(ids)), ("bob", len(ids)), ("carol", 0))
        ]

        answers = [list(engine.submit(request)) for request in requests]

        assert [finish_of(outputs).usage.num_cached_prompt_tokens for outputs in answers] == [0, len(ids), 0]
        assert len(set(map(text_of, answers))) == 1

    def test_computes_only_what_is_new_of_the_next_turn(self, engine):
        first = list(engine.submit(ask("the quick brown fox " * 10)))
        history = [ChatMessage("user", "the quick brown fox " * 10), ChatMessage("assistant", text_of(first))]
        request = GenerationRequest(
            id="r",
            sampling=SamplingParameters(max_new_tokens=4, temperature=0.0),
            messages=(*history, ChatMessage("user", "and then?")),
        )

        usage = finish_of(list(engine.submit(request))).usage

        assert usage.num_cached_prompt_tokens >= finish_of(first).usage.num_prompt_tokens
        assert usage.num_cached_prompt_tokens < usage.num_prompt_tokens

    def test_changes_no_answer(self, engine, expected):
        for text in (*TEXTS, *reversed(TEXTS), *TEXTS):
            assert expected[text].matches(text_of(engine.submit(ask(text))))

    def test_does_not_cross_scopes(self, engine):
        list(engine.submit(ask("the same", cache_scope="alice")))

        usage = finish_of(list(engine.submit(ask("the same", cache_scope="bob")))).usage

        assert usage.num_cached_prompt_tokens == 0


class TestSteps:
    def test_of_sixteen_equal_requests_are_hardly_more_than_of_one(self, make_engine):
        # With a penalty an engine guesses no tokens: one that is alone takes a step for each.
        request: dict[str, Any] = {"max_new_tokens": 48, "logit_bias": NO_END, "presence_penalty": 0.5}
        one, sixteen = make_engine(num_slots=16), make_engine(num_slots=16)
        channel = StepChannel()

        list(one.submit(ask("the quick brown fox", **request)))
        for number in range(16):
            sixteen.submit(ask("the quick brown fox", request_id=str(number), **request), channel=channel)
        read_all(channel, num_requests=16)

        assert one.stats().num_steps == 48
        assert sixteen.stats().num_steps <= 1.2 * one.stats().num_steps
        assert sixteen.stats().num_generated_tokens == 16 * 48

    def test_bring_every_running_stream_a_token_between_two_chunks_of_a_long_prompt(self, make_engine):
        engine = make_engine(model=tiny_model(max_position_embeddings=8_192), num_slots=9)
        running, long = StepChannel(), StepChannel()
        for number in range(8):
            request = ask("Hi", request_id=str(number), max_new_tokens=2_000, logit_bias=NO_END_NOR_HALVES)
            engine.submit(request, channel=running)
        while engine.stats().num_generated_tokens < 8 * 3:
            running.get(timeout_s=60)

        steps_before, tokens_before = engine.stats().num_steps, engine.stats().num_generated_tokens
        ids = tuple(3 + place % 300 for place in range(6_000))
        sampling = SamplingParameters(1, temperature=0.0)
        engine.submit(GenerationRequest(id="long", sampling=sampling, prompt_token_ids=ids), channel=long)
        outputs = read_all(long, num_requests=1)
        steps = engine.stats().num_steps - steps_before
        tokens = engine.stats().num_generated_tokens - tokens_before

        assert finish_of(outputs, "long").usage.num_prompt_tokens == 6_000
        assert steps >= 6_000 // 256
        assert tokens >= 8 * (steps - 2)  # the readings before and after are taken in the middle of a step
