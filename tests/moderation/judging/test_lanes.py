"""Work in order on threads of a pool."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from chatapp.moderation.judging.lanes import Lane
from tests.support.waiting import wait_until


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


class TestALane:
    def test_does_what_came_first_first_however_many_threads_there_are(self, threads):
        lane, done = Lane(threads), list[int]()

        for number in range(200):
            lane.add(partial(done.append, number))
        wait_until(lambda: len(done) == 200)

        assert done == list(range(200))

    def test_waits_for_no_other_lane(self, threads):
        may_go_on, done = threading.Event(), threading.Event()

        def wait() -> None:
            may_go_on.wait(timeout=30.0)

        Lane(threads).add(wait)

        Lane(threads).add(done.set)

        assert done.wait(timeout=30.0)
        may_go_on.set()

    def test_takes_up_work_again_after_it_had_none(self, threads):
        lane, done = Lane(threads), []
        lane.add(lambda: done.append(1))
        wait_until(lambda: done == [1])

        lane.add(lambda: done.append(2))

        wait_until(lambda: done == [1, 2])
