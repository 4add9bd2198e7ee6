"""The engine's step on a tiny random model, driven by the test itself, so that every instant can be chosen."""

from collections.abc import Sequence
from typing import Any, cast

import pytest
import torch

from inference.errors import StepFailed
from inference.slots.forward import ForwardPass
from inference.slots.pace import PrefillPace
from inference.slots.scheduler import Admission, Scheduler, StepPlan
from inference.slots.stepping import Stepper
from inference.testing import TINY_CONTEXT_WINDOW, tiny_model
from inference.tokens.answer import Answer
from inference.tokens.prompts import PromptEncoder
from inference.types import ChatMessage, Delta, FinishReason, GenerationRequest, Output, StepChannel
from tests.inference.reading import ask, ask_messages, finish_of, text_of

LONG = "the quick brown fox " * 20  # several chunks of prefill
NO_END = {2: -100.0}


class _Model:
    """The real model; once, or always, its logits are what the test says."""

    def __init__(self, model) -> None:
        self._model = model
        self.failure: Exception | None = None
        self.broken_row: int | None = None
        self.dictated: list[int] = []
        self.began_at: int | None = None

    def __call__(self, **arguments):
        if self.failure is not None:
            raise self.failure
        output = self._model(**arguments)
        if self.broken_row is not None:
            output.logits[:, self.broken_row] = float("nan")
        if self.dictated:
            positions = arguments["position_ids"][0, arguments["logits_to_keep"]].tolist()
            for row, position in enumerate(positions):  # a guess of the engine's is answered ahead of its time
                self.began_at = position if self.began_at is None else self.began_at
                ahead = position - self.began_at
                if ahead < len(self.dictated):
                    output.logits[:, row, self.dictated[ahead]] = 1_000.0
        return output

    def __getattr__(self, name):
        return getattr(self._model, name)


class _Recorder(StepChannel):
    """Keeps what it was given, step by step."""

    def __init__(self) -> None:
        super().__init__()
        self.batches: list[Sequence[Output]] = []

    def put(self, outputs: Sequence[Output]) -> None:
        self.batches.append(outputs)


class Bench:
    """A stepper with its model and one channel that takes all outputs."""

    def __init__(self, encoder: PromptEncoder) -> None:
        self.model = _Model(tiny_model())
        self.forward = ForwardPass(cast("Any", self.model), num_slots=4, slot_length=TINY_CONTEXT_WINDOW)
        self.scheduler = Scheduler(num_slots=4, max_cached_tokens=2_000, max_prefill_tokens=32)
        self.stepper = Stepper(self.scheduler, self.forward, pace=PrefillPace(max_tokens=32), clock=lambda: 0.0)
        self._encoder = encoder
        self.channel = _Recorder()

    @property
    def outputs(self) -> list[Output]:
        return [output for batch in self.channel.batches for output in batch]

    def add(self, request: GenerationRequest) -> None:
        self.stepper.add(
            Answer(
                request,
                self._encoder.encode(request),
                vocabulary=self._encoder.vocabulary,
                end_ids=self._encoder.end_ids,
                context_window=TINY_CONTEXT_WINDOW,
                seed=0,
                channel=self.channel,
                submitted_at_s=0.0,
            )
        )

    def answer(self, request: GenerationRequest) -> str:
        self.channel.batches.clear()
        self.add(request)
        while self.stepper.step():
            pass
        return text_of(self.outputs, request.id)


@pytest.fixture
def bench(encoder) -> Bench:
    return Bench(encoder)


class TestCancel:
    def test_ends_a_decoding_request_at_once(self, bench):
        bench.add(ask("Hi", max_new_tokens=100, logit_bias=NO_END))
        for _ in range(5):
            bench.stepper.step()

        bench.stepper.cancel("r")

        assert finish_of(bench.outputs).finish_reason is FinishReason.CANCELLED
        assert finish_of(bench.outputs).usage.num_completion_tokens == 5
        assert bench.stepper.step() is False

    def test_ends_a_request_in_the_middle_of_its_prefill(self, bench):
        bench.add(ask(LONG))
        bench.stepper.step()

        bench.stepper.cancel("r")

        finish = finish_of(bench.outputs)
        assert finish.finish_reason is FinishReason.CANCELLED
        assert finish.timings.first_token_s is None
        assert bench.stepper.step() is False

    def test_ends_a_waiting_request(self, bench):
        for number in range(5):
            bench.add(ask("Hi", request_id=str(number)))
        bench.stepper.step()

        bench.stepper.cancel("4")

        assert finish_of(bench.outputs, "4").finish_reason is FinishReason.CANCELLED
        assert not bench.scheduler.waiting

    def test_leaves_what_was_computed_for_the_next_request_and_no_more(self, bench):
        whole = bench.answer(ask(LONG, request_id="whole"))
        fresh = Bench(bench._encoder)
        fresh.add(ask(LONG))
        fresh.stepper.step()

        fresh.stepper.cancel("r")

        assert fresh.answer(ask(LONG, request_id="again")) == whole
        assert finish_of(fresh.outputs, "again").usage.num_cached_prompt_tokens == 32

    def test_ignores_ids_that_it_does_not_hold(self, bench):
        bench.stepper.cancel("nobody")

        assert bench.outputs == []


class TestAFailingStep:
    def test_ends_the_requests_it_touched_and_serves_the_next(self, bench):
        expected = bench.answer(ask("Hi", request_id="before"))
        for number in range(2):
            bench.add(ask("Hi", request_id=str(number)))
        bench.model.failure = MemoryError("no memory left")

        bench.stepper.step()
        bench.model.failure = None

        for number in range(2):
            finish = finish_of(bench.outputs, str(number))
            assert finish.finish_reason is FinishReason.ERROR
            assert isinstance(finish.error, StepFailed)
            assert "no memory left" in str(finish.error)
        assert bench.answer(ask("Hi", request_id="after")) == expected

    def test_leaves_waiting_requests_waiting(self, bench):
        for number in range(5):
            bench.add(ask("Hi", request_id=str(number)))
        bench.model.failure = MemoryError("no memory left")

        bench.stepper.step()

        assert [job.request_id for job in bench.scheduler.waiting] == ["4"]

    def test_with_broken_logits_ends_only_their_request(self, bench):
        expected = bench.answer(ask("Hi", request_id="before"))
        bench.channel.batches.clear()
        for number in range(2):
            bench.add(ask("Hi", request_id=str(number), cache_scope=str(number)))
        bench.stepper.step()
        bench.model.broken_row = 0

        bench.stepper.step()
        bench.model.broken_row = None
        while bench.stepper.step():
            pass

        assert isinstance(finish_of(bench.outputs, "0").error, StepFailed)
        assert finish_of(bench.outputs, "1").error is None
        assert text_of(bench.outputs, "1") == expected


class TestGuesses:
    """A stream that is alone gets several tokens a step where its text repeats itself."""

    SAID = "the quick brown fox " * 7 + "the lazy dog"

    def test_spare_steps_and_change_nothing(self, bench, tokenizer):
        said = tokenizer.encode(self.SAID, add_special_tokens=False)
        bench.model.dictated = [*said, 2]

        assert bench.answer(ask("Hi", max_new_tokens=len(said) + 5)) == self.SAID

        finish = finish_of(bench.outputs)
        assert finish.finish_reason is FinishReason.STOP
        assert finish.usage.num_completion_tokens == len(said) + 1
        assert bench.stepper.num_steps < 0.7 * len(said)

    def test_end_where_the_answer_may_be_no_longer(self, bench, tokenizer):
        said = tokenizer.encode(self.SAID, add_special_tokens=False)
        for num_tokens in range(len(said) - 6, len(said)):
            bench.model.dictated, bench.model.began_at, bench.outputs[:] = [*said, 2], None, []

            text = bench.answer(ask("Hi", max_new_tokens=num_tokens))

            assert text == tokenizer.decode(said[:num_tokens])
            assert finish_of(bench.outputs).usage.num_completion_tokens == num_tokens

    def test_stop_at_a_stop_string_among_them(self, bench, tokenizer):
        bench.model.dictated = [*tokenizer.encode(self.SAID, add_special_tokens=False), 2]

        assert bench.answer(ask("Hi", max_new_tokens=90, stop=("n fox the quick br",))) == "the quick brow"

    def test_leave_a_cache_that_a_later_turn_can_rely_on(self, bench, tokenizer):
        bench.model.dictated = [*tokenizer.encode(self.SAID, add_special_tokens=False), 2]
        bench.answer(ask("Hi", max_new_tokens=60, cache_scope="mine"))
        bench.model.dictated = []
        turns = [ChatMessage("user", "Hi"), ChatMessage("assistant", self.SAID), ChatMessage("user", "And?")]

        bench.outputs.clear()
        again = bench.answer(ask_messages(turns, logit_bias=NO_END, cache_scope="mine"))
        num_cached = finish_of(bench.outputs).usage.num_cached_prompt_tokens
        bench.outputs.clear()
        afresh = bench.answer(ask_messages(turns, logit_bias=NO_END, cache_scope="another"))

        assert num_cached > len(tokenizer.encode(self.SAID, add_special_tokens=False))
        assert again == afresh

    def test_are_not_made_where_a_penalty_reads_what_was_written(self, bench, tokenizer):
        said = tokenizer.encode(self.SAID, add_special_tokens=False)
        bench.model.dictated = [*said, 2]

        bench.answer(ask("Hi", max_new_tokens=len(said) + 5, presence_penalty=0.5))

        assert bench.stepper.num_steps >= len(said)


class TestText:
    @pytest.mark.parametrize("written", ["你好,世界", "🙂 👩‍👩‍👧 😀", "naïve café"])
    def test_comes_in_whole_characters(self, bench, tokenizer, written):
        bench.model.dictated = [*tokenizer.backend_tokenizer.encode(written, add_special_tokens=False).ids, 2]

        assert bench.answer(ask("Hi", max_new_tokens=60)) == written

        deltas = [output for output in bench.outputs if isinstance(output, Delta)]
        assert all("\N{REPLACEMENT CHARACTER}" not in delta.text for delta in deltas)
        assert len(deltas) > 1
        num_tokens = finish_of(bench.outputs).usage.num_completion_tokens
        assert sum(delta.num_tokens for delta in deltas) == num_tokens - 1  # all but the end token

    def test_gives_out_an_unfinished_character_at_its_end(self, bench, tokenizer):
        bench.model.dictated = tokenizer.backend_tokenizer.encode("a😀", add_special_tokens=False).ids[:3]

        assert bench.answer(ask("Hi", max_new_tokens=3)) == "a\N{REPLACEMENT CHARACTER}"

    def test_ends_before_a_stop_string_that_spans_tokens(self, bench, tokenizer):
        bench.model.dictated = tokenizer.backend_tokenizer.encode("one\n\nUser: two", add_special_tokens=False).ids

        assert bench.answer(ask("Hi", max_new_tokens=60, stop=("\nUser",))) == "one\n"
        assert finish_of(bench.outputs).finish_reason is FinishReason.STOP

    def test_goes_on_after_a_cut_inside_a_token(self, bench, tokenizer):
        encode = tokenizer.backend_tokenizer.encode
        [first, *rest] = encode(" brown fox", add_special_tokens=False).ids
        bench.model.dictated = [first, *rest, 2]

        answer = bench.answer(ask("Hi", prefix="the quick bro", max_new_tokens=60))

        assert "the quick bro" + answer == "the quick brown fox"
        assert finish_of(bench.outputs).usage.num_completion_tokens == len(rest) + 2


class TestStep:
    def test_gives_one_batch_to_a_channel_for_all_its_requests(self, bench):
        for number in range(3):
            bench.add(ask("Hi", request_id=str(number), logit_bias={**NO_END, 40: 100.0}))

        for _ in range(5):  # the prompts take three chunks
            bench.stepper.step()

        assert [output.request_id for output in bench.channel.batches[-1]] == ["0", "1", "2"]


class TestSetUp:
    def test_copies_a_prefix_before_its_slot_is_pushed_out_by_a_later_admission(self, bench):
        bench.answer(ask(LONG, request_id="first"))
        held = bench.forward.cache.flat[0].clone()
        plan = StepPlan(
            admissions=(Admission(slot=2, source=0, num_cached=20), Admission(slot=3, source=3, num_cached=0)),
            evicted=(0,),
            decodes=(),
            prefills=(),
        )

        bench.forward.set_up(plan)

        positions = torch.arange(20)
        copied = bench.forward.cache.write_index(torch.full((20,), 2), positions)
        source = bench.forward.cache.write_index(torch.zeros(20, dtype=torch.long), positions)
        assert held[source].any()
        assert torch.equal(bench.forward.cache.flat[0][copied], held[source])
        assert not bench.forward.cache.flat[0][source].any()
