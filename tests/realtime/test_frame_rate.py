"""How many frames a socket may send, by a clock of the test's own. Pure."""

from hypothesis import given
from hypothesis import strategies as st

from chatapp.realtime.frame_rate import BURST_FRAMES, FRAMES_PER_S, FrameRate


def taken(rate: FrameRate, times_s: list[float]) -> int:
    """How many of the frames that come at these times are taken before the first that is not."""
    for number, now_s in enumerate(times_s):
        if not rate.takes(now_s=now_s):
            return number
    return len(times_s)


class TestFrameRate:
    def test_takes_a_burst_and_not_one_frame_more(self):
        assert taken(FrameRate(now_s=5.0), [5.0] * (BURST_FRAMES + 10)) == BURST_FRAMES

    def test_takes_for_ever_what_a_tab_sends(self):
        times_s = [number / 40 for number in range(20_000)]

        assert taken(FrameRate(now_s=0.0), times_s) == len(times_s)

    def test_takes_again_after_a_while(self):
        rate = FrameRate(now_s=0.0)
        taken(rate, [0.0] * (BURST_FRAMES + 1))

        assert not rate.takes(now_s=0.0)
        assert rate.takes(now_s=1.0)

    @given(st.lists(st.floats(0, 0.1), max_size=2_000))
    def test_takes_no_more_than_the_burst_and_the_rate_over_any_time(self, gaps_s):
        times_s, now_s = [], 0.0
        for gap_s in gaps_s:
            now_s += gap_s
            times_s.append(now_s)

        assert taken(FrameRate(now_s=0.0), times_s) <= BURST_FRAMES + now_s * FRAMES_PER_S + 1
