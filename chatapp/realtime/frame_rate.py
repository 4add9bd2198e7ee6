"""How many frames one socket may send: a token bucket, by the clock that it is given. Pure."""

from chatapp.realtime.errors import TooManyFrames

# A tab acknowledges each `events` frame, at most 33 a second (feed/hub.py: ROUND_S), beside commands and pings.
FRAMES_PER_S = 100
BURST_FRAMES = 300


class FrameRate:
    """What is left of one socket's allowance."""

    def __init__(self, *, now_s: float) -> None:
        self._left = float(BURST_FRAMES)
        self._counted_at_s = now_s

    def count(self, *, now_s: float) -> None:
        """
        One more frame came.

        :raises TooManyFrames: it is one too many.
        """
        self._left = min(BURST_FRAMES, self._left + (now_s - self._counted_at_s) * FRAMES_PER_S)
        self._counted_at_s = now_s
        if self._left < 1:
            raise TooManyFrames.of(limit=FRAMES_PER_S)
        self._left -= 1
