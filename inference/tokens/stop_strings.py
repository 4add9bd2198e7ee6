"""Ends a text before the first stop string, wherever the text is cut into pieces."""

from collections.abc import Sequence


class StopStringFilter:
    """
    Passes text through, holding back only what may still become a stop string.

    Joined, what it returns is the text up to the first place where any stop string begins and is complete; of several
    that are completed by the same piece the one that begins first counts. The stop string itself never comes out.
    """

    def __init__(self, stop: Sequence[str]) -> None:
        self._stop = tuple(text for text in stop if text)
        self._held = ""
        self.is_stopped = False

    def push(self, text: str) -> str:
        """Return what may be shown now."""
        if self.is_stopped:
            return ""
        pending = self._held + text
        found = [place for stop in self._stop if (place := pending.find(stop)) >= 0]
        if found:
            self.is_stopped, self._held = True, ""
            return pending[: min(found)]
        keep = max((_overlap(pending, stop) for stop in self._stop), default=0)
        self._held = pending[len(pending) - keep :]
        return pending[: len(pending) - keep]

    def finish(self) -> str:
        """Return what was held back, now that nothing follows it."""
        held, self._held = self._held, ""
        return held


def _overlap(text: str, stop: str) -> int:
    """Return the length of the longest end of `text` that is a beginning of `stop`, but not all of it."""
    for length in range(min(len(text), len(stop) - 1), 0, -1):
        if text.endswith(stop[:length]):
            return length
    return 0
