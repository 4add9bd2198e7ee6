"""Allow phrases that a text held, for what is found behind them. Owns how long they matter."""

from collections.abc import Collection

from chatapp.moderation.judging.detecting import Found

# No detector reports a span that ended longer ago: keywords of 100 symbols with three separators between, and a token.
_REACH_CHARS = 1_024


class AllowedSpans:
    """Characters [start, end) that a rule's allow phrase took, of one text."""

    def __init__(self) -> None:
        self._spans: list[tuple[int, int, int]] = []  # rule number, start, end; by end

    def add(self, rule_numbers: Collection[int], *, start: int, end: int) -> None:
        self._spans = [span for span in self._spans if span[2] > end - _REACH_CHARS]
        self._spans += [(rule_number, start, end) for rule_number in rule_numbers]

    def covers(self, found: Found) -> bool:
        """Whether one of the rule's phrases holds all of what was found."""
        return any(
            rule_number == found.rule_number and start <= found.start and found.end <= end
            for rule_number, start, end in self._spans
        )

    def copy(self) -> "AllowedSpans":
        twin = AllowedSpans()
        twin._spans = self._spans.copy()
        return twin
