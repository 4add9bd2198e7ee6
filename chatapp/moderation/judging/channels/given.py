"""What channels found that see whole texts only, as a detector that reads along. Finds nothing itself."""

from collections.abc import Collection, Sequence

from chatapp.moderation.judging.detecting import Found


class GivenDetector:
    """
    Reports what was found in the whole text beforehand, each span at its last character. See detecting.Detector.

    found: in order of their ends. holding: rules that take text away.
    """

    def __init__(self, found: Sequence[Found], *, holding: Collection[int]) -> None:
        self._found = sorted(found, key=lambda one: (one.end, one.start, one.rule_number))
        self._holding = holding
        self._num_reported = 0
        self._num_chars = 0

    def read(self, char: str) -> Sequence[Found]:  # noqa: ARG002  # what it is was looked at before
        self._num_chars += 1
        first = self._num_reported
        while self._num_reported < len(self._found) and self._found[self._num_reported].end <= self._num_chars:
            self._num_reported += 1
        return self._found[first : self._num_reported]

    def end(self) -> Sequence[Found]:
        return ()

    @property
    def alive_from(self) -> int | None:
        open_ = self._found[self._num_reported :]
        return min((one.start for one in open_ if one.rule_number in self._holding), default=None)

    def copy(self) -> "GivenDetector":
        twin = GivenDetector(self._found, holding=self._holding)
        twin._num_reported, twin._num_chars = self._num_reported, self._num_chars
        return twin
