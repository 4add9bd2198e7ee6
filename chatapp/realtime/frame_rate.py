"""How many frames one socket may send: a token bucket, by the clock that it is given. Pure."""

# A tab acknowledges each `events` frame, at most 33 a second (feed/hub.py: ROUND_S), beside commands and pings.
FRAMES_PER_S = 100
BURST_FRAMES = 300


class FrameRate:
    """What is left of one socket's allowance."""

    def __init__(self, *, now_s: float) -> None:
        self._left = float(BURST_FRAMES)
        self._counted_at_s = now_s

    def takes(self, *, now_s: float) -> bool:
        """Count one more frame; False where it is one too many."""
        self._left = min(BURST_FRAMES, self._left + (now_s - self._counted_at_s) * FRAMES_PER_S)
        self._counted_at_s = now_s
        if self._left < 1:
            return False
        self._left -= 1
        return True
