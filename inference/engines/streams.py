"""What every engine gives its callers beside outputs: a stream to iterate, and a rate for its statistics."""

import time
from collections import deque

from inference.types import Finish, Output, StepChannel

_RATE_WINDOW_S = 5.0
_STREAM_POLL_S = 3600.0  # a stream's end is always delivered, so this is only how long one wait lasts


class ChannelStream:
    """Implements `types.Stream`: blocks for the next output; ends after the Finish, at once if a channel was given."""

    def __init__(self, request_id: str, *, own_channel: StepChannel | None) -> None:
        self._request_id = request_id
        self._is_ended = own_channel is None
        self.channel = own_channel or StepChannel()
        self._outputs: deque[Output] = deque()

    @property
    def request_id(self) -> str:
        return self._request_id

    def __iter__(self) -> "ChannelStream":
        return self

    def __next__(self) -> Output:
        if self._is_ended:
            raise StopIteration
        while not self._outputs:
            self._outputs.extend(self.channel.get(timeout_s=_STREAM_POLL_S))
        output = self._outputs.popleft()
        self._is_ended = isinstance(output, Finish)
        return output


class TokenRate:
    """Tokens per second over the last few seconds, from readings of a running total."""

    def __init__(self) -> None:
        self._readings: deque[tuple[float, int]] = deque([(time.monotonic(), 0)])

    def note(self, total: int) -> None:
        now_s = time.monotonic()
        self._readings.append((now_s, total))
        while len(self._readings) > 1 and self._readings[1][0] <= now_s - _RATE_WINDOW_S:
            self._readings.popleft()

    def per_second(self, total: int) -> float:
        now_s = time.monotonic()
        since = [(at_s, count) for at_s, count in list(self._readings) if at_s >= now_s - _RATE_WINDOW_S]
        return (total - since[0][1]) / max(now_s - since[0][0], 0.001) if since else 0.0
