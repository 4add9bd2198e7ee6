"""What many threads ask one model: gathered into batches, answered to whom it concerns."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest

from inference.errors import EngineClosed, QueueFull, StepFailed
from inference.scoring.asking import ScoreInvalid, ScoringTimedOut, TextTooLong
from inference.scoring.queue import ScoringQueue
from tests.support.waiting import wait_until

LONG_S = 60.0


class Model:
    """Answers each text with its upper case, once the test lets it; remembers its batches."""

    def __init__(self) -> None:
        self.batches: list[list[str]] = []
        self.is_open = threading.Event()
        self.began = threading.Semaphore(0)

    def __call__(self, texts: Sequence[str]) -> list[str]:
        self.batches.append(list(texts))
        self.began.release()
        assert self.is_open.wait(LONG_S)
        if "bad" in texts:
            raise TextTooLong("bad is too long")
        if "broken" in texts:
            raise RuntimeError("out of memory")
        return [text.upper() for text in texts if text != "swallowed"]


@pytest.fixture
def model() -> Iterator[Model]:
    model = Model()
    yield model
    model.is_open.set()


@pytest.fixture
def queue(model) -> Iterator[ScoringQueue[str, str]]:
    queue: ScoringQueue[str, str] = ScoringQueue(model, max_batch=4, max_waiting=8)
    yield queue
    model.is_open.set()
    queue.close()


@pytest.fixture
def ask(queue) -> Iterator[Callable[..., Future[Any]]]:
    """Ask from a thread of its own; return when the call waits or runs."""
    with ThreadPoolExecutor(16) as pool:

        def ask_one(*texts: str, timeout_s: float = LONG_S) -> Future[Any]:
            num_before = len(queue._waiting)
            call = pool.submit(queue.ask_all, texts, timeout_s=timeout_s)
            wait_until(lambda: call.done() or len(queue._waiting) > num_before)
            return call

        yield ask_one
        queue._answer.is_open.set()


@pytest.fixture
def busy(queue, model, ask) -> Future[Any]:
    """The model computes "first" until the test lets it go on."""
    pool = ThreadPoolExecutor(1)
    call = pool.submit(queue.ask, "first", timeout_s=LONG_S)
    pool.shutdown(wait=False)
    assert model.began.acquire(timeout=LONG_S)
    return call


class TestAScoringQueue:
    def test_answers_one_caller_alone_and_at_once(self, queue, model):
        model.is_open.set()

        assert queue.ask("a", timeout_s=LONG_S) == "A"
        assert model.batches == [["a"]]

    def test_gathers_what_comes_while_the_model_computes(self, model, ask, busy):
        calls = [ask(text) for text in "abcdef"]

        model.is_open.set()

        assert [call.result() for call in calls] == [[text.upper()] for text in "abcdef"]
        assert model.batches == [["first"], ["a", "b", "c", "d"], ["e", "f"]]

    def test_takes_one_text_of_each_call_in_turn(self, model, ask, busy):
        many, one, two = ask(*"abcdef"), ask("x"), ask("y", "z")

        model.is_open.set()

        assert many.result() == list("ABCDEF")
        assert (one.result(), two.result()) == (["X"], ["Y", "Z"])
        assert model.batches[1:] == [["a", "x", "y", "b"], ["z", "c", "d", "e"], ["f"]]

    @pytest.mark.parametrize(("text", "error"), [("bad", TextTooLong), ("broken", StepFailed)])
    def test_fails_only_the_caller_whose_text_the_model_cannot_judge(self, model, ask, busy, text, error):
        good, bad, also_good = ask("a"), ask(text), ask("b")

        model.is_open.set()

        with pytest.raises(error):
            bad.result()
        assert (good.result(), also_good.result()) == (["A"], ["B"])

    def test_forgets_the_other_texts_of_a_call_that_failed(self, model, ask, busy):
        bad = ask("bad", *"abcdefgh")

        model.is_open.set()

        with pytest.raises(TextTooLong):
            bad.result()
        assert ["e", "f", "g", "h"] not in model.batches

    def test_gives_nobody_an_answer_that_may_be_another_s(self, queue, model):
        model.is_open.set()

        with pytest.raises(ScoreInvalid, match="got 0 answers"):
            queue.ask("swallowed", timeout_s=LONG_S)

    def test_answers_nothing_about_nothing(self, queue):
        assert queue.ask_all([], timeout_s=LONG_S) == []

    def test_goes_on_after_a_failure(self, queue, model):
        model.is_open.set()
        with pytest.raises(StepFailed):
            queue.ask("broken", timeout_s=LONG_S)

        assert queue.ask("a", timeout_s=LONG_S) == "A"


class TestATimeout:
    def test_is_an_error_of_its_own_and_takes_the_text_back(self, model, ask, busy):
        late, patient = ask("late", timeout_s=0.05), ask("patient")

        with pytest.raises(ScoringTimedOut):
            late.result()
        model.is_open.set()

        assert patient.result() == ["PATIENT"]
        assert model.batches == [["first"], ["patient"]]

    def test_of_a_text_that_is_computed_already_throws_its_answer_away(self, queue, model):
        with pytest.raises(ScoringTimedOut):
            queue.ask("late", timeout_s=0.05)
        model.is_open.set()

        assert queue.ask("a", timeout_s=LONG_S) == "A"


class TestAFullQueue:
    def test_refuses_further_calls_and_keeps_those_that_wait(self, queue, model, ask, busy):
        calls = [ask(str(number)) for number in range(8)]

        with pytest.raises(QueueFull):
            queue.ask("one too many", timeout_s=LONG_S)
        model.is_open.set()

        assert [call.result() for call in calls] == [[str(number)] for number in range(8)]

    def test_has_room_again_when_nobody_waits_any_more(self, model, ask, busy):
        for call in [ask(str(number), timeout_s=0.2) for number in range(8)]:
            with pytest.raises((ScoringTimedOut, QueueFull)):
                call.result()

        patient = ask("patient")
        model.is_open.set()

        assert patient.result() == ["PATIENT"]


class TestClosing:
    def test_wakes_every_caller_with_an_error_while_the_model_still_computes(self, queue, model, ask, busy):
        waiting = [ask("a"), ask("b", "c")]
        closing = threading.Thread(target=queue.close)

        closing.start()

        for call in (busy, *waiting):
            with pytest.raises(EngineClosed):
                call.result(timeout=LONG_S)
        assert not model.is_open.is_set()
        model.is_open.set()
        closing.join(LONG_S)
        assert model.batches == [["first"]]

    def test_takes_no_more_calls(self, queue, model):
        queue.close()

        with pytest.raises(EngineClosed, match="the scoring queue is closed"):
            queue.ask("a", timeout_s=LONG_S)
