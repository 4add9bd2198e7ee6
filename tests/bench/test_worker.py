"""A competitor's process: what it records while answers come."""

import time
from collections.abc import Sequence

from bench.engines.protocol import Arrival, Ask, Job, Mode, job_of_json, job_to_json
from bench.engines.worker import run_job


def ask(key: str, num_new_tokens: int) -> Ask:
    return Ask(key, (("user", "Hi"),), (1, 2, 3), num_new_tokens)


class Counting:
    """A competitor that gives every open answer one token at each wait."""

    settings = "none"

    def __init__(self) -> None:
        self.left: dict[str, int] = {}
        self.cancelled: list[str] = []

    def submit(self, ask: Ask, mode: Mode) -> None:
        self.left[ask.key] = ask.num_new_tokens

    def wait(self) -> Sequence[Arrival]:
        arrivals = []
        for key in list(self.left):
            self.left[key] -= 1
            is_end = self.left[key] == 0 or key in self.cancelled
            arrivals.append(Arrival(key, time.monotonic(), 1, text="x", is_end=is_end))
            if is_end:
                del self.left[key]
        return arrivals

    def cancel(self, key: str) -> None:
        self.cancelled.append(key)

    def close(self) -> None: ...


class TestRunJob:
    def test_follows_every_answer_to_its_end(self):
        traces = run_job(Counting(), Job(Mode.GREEDY, (ask("a", 2), ask("b", 3))))

        assert {key: trace.num_tokens for key, trace in traces.items()} == {"a": 2, "b": 3}
        assert len(traces["b"].arrivals_s) == 3
        assert traces["b"].ended_s == traces["b"].arrivals_s[-1]
        assert (traces["b"].text, traces["b"].num_prompt_tokens) == ("xxx", 3)

    def test_sends_the_joining_prompt_once_all_write_and_cancels_them_at_its_end(self):
        competitor = Counting()

        traces = run_job(competitor, Job(Mode.SAMPLED, (ask("a", 100), ask("b", 100)), joining=ask("long", 2)))

        assert traces["long"].submitted_s > max(traces[key].arrivals_s[0] for key in "ab")
        assert traces["long"].num_tokens == 2
        assert traces["a"].num_tokens < 100
        assert competitor.cancelled == ["a", "b"]


class TestJob:
    def test_is_the_same_after_its_way_over_the_pipe(self):
        job = Job(Mode.SAMPLED, (ask("a", 1),), joining=ask("long", 2))

        assert job_of_json(job_to_json(job)) == job
