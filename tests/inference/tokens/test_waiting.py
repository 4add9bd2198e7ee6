"""The line of those who wait: its order, and leaving it."""

from hypothesis import given
from hypothesis import strategies as st

from inference.tokens.job import Job
from inference.tokens.waiting import WaitingLine


def line(*priorities: int) -> WaitingLine[Job]:
    """Jobs named for their arrival."""
    waiting: WaitingLine[Job] = WaitingLine()
    for place, priority in enumerate(priorities):
        waiting.add(Job(str(place), tokens=[1], max_tokens=2, priority=priority))
    return waiting


def ids(waiting: WaitingLine[Job]) -> list[str]:
    return [job.request_id for job in waiting]


class TestAWaitingLine:
    @given(st.lists(st.integers(0, 3)))
    def test_goes_by_priority_and_then_by_arrival(self, priorities):
        expected = sorted(range(len(priorities)), key=lambda place: (priorities[place], place))

        assert ids(line(*priorities)) == [str(place) for place in expected]

    def test_gives_out_its_first(self):
        waiting = line(1, 0)

        assert waiting.first().request_id == "1"
        assert [waiting.take_first().request_id, waiting.take_first().request_id] == ["1", "0"]
        assert (waiting.first(), waiting.take_first(), len(waiting)) == (None, None, 0)

    def test_lets_one_leave_by_its_name(self):
        waiting = line(0, 0, 0)

        assert waiting.remove("1").request_id == "1"
        assert waiting.remove("1") is None
        assert ("1" in waiting, "2" in waiting, ids(waiting)) == (False, True, ["0", "2"])

    def test_is_empty_once_cleared(self):
        waiting = line(0, 1)

        assert [job.request_id for job in waiting.clear()] == ["0", "1"]
        assert not waiting
