"""
The output gate: text in as it is generated, text out as it may be shown. Owns hold-back, masks and what a block ends.

Knows no model, no stream and no database. Every way out of the model worker passes through one of these; what `feed` and
`finish` return is all that may leave. Verdict and released text do not depend on how the text was cut into pieces.
"""

from typing import NamedTuple

from chatapp.moderation.matching import Scanner
from chatapp.moderation.ruleset import Ruleset
from chatapp.moderation.verdict import STRENGTH, Action, Match, Stage, Verdict, greatest_action

# One per withheld character, so that offsets in the released text stay those of the text it came from.
MASK = "█"


class GateFinished(RuntimeError):
    """Text was fed to a gate whose text is over: a fault in the caller."""


class GateStep(NamedTuple):
    """What one call lets out, and the verdict on the matches that settled in it, or None if none did."""

    released: str
    verdict: Verdict | None


class OutputGate:
    """
    Judges one text while it streams.

    `blocked`: nothing is released any more, ever. `matches`: all that settled, in order. `withheld_text`: evidence, one
    line per masked, replaced or discarded run; encrypt it or drop it, nothing else. One thread at a time.
    """

    def __init__(self, ruleset: Ruleset, stage: Stage | str = Stage.OUTPUT) -> None:
        self.ruleset = ruleset
        self.stage = Stage(stage)
        self.blocked = False
        self.matches: list[Match] = []
        self._scanner = Scanner(ruleset.compiled(self.stage))
        self._held = ""  # read and not yet released; begins at character _num_released
        self._num_released = 0
        self._covers: list[Match] = []  # settled, withholding, not yet released to their end
        self._shown_for: Match | None = None  # whose mask or replacement the last released character stood under
        self._withheld_runs: list[str] = []
        self._finished = False

    @property
    def num_held_chars(self) -> int:
        return len(self._held)

    @property
    def withheld_text(self) -> str:
        return "\n".join(self._withheld_runs)

    @property
    def verdict(self) -> Verdict:
        """On all that settled so far. Its released text is empty: the gate keeps no copy of what it let out."""
        return self._verdict(tuple(self.matches), released_text="")

    def feed(self, text: str) -> GateStep:
        """:raises GateFinished: after `finish`."""
        self._demand_unfinished()
        if self.blocked:
            return GateStep("", None)
        num_read_before = self._scanner.num_chars
        settled: list[Match] = []
        for matches in self._scanner.read(text):
            settled += matches
            if any(match.blocks for match in matches):
                self.blocked = True
                break
        self._held += text[: self._scanner.num_chars - num_read_before]
        return self._step(settled, until=self._scanner.held_from)

    def finish(self) -> GateStep:
        """
        The text is over (end, stop, length, cancel): release all that is not withheld.

        :raises GateFinished: the second time.
        """
        self._demand_unfinished()
        self._finished = True
        if self.blocked:
            return GateStep("", None)
        settled = list(self._scanner.end())
        self.blocked = any(match.blocks for match in settled)
        return self._step(settled, until=self._scanner.num_chars)

    def replay(self, released_text: str) -> None:
        """
        Bring a fresh gate to where a predecessor stood that had released exactly this (take-over after a death).

        What settles inside the replayed text was judged and recorded by the predecessor, and is not reported again.
        :raises GateFinished: if this gate has read text already.
        """
        if self._finished or self._scanner.num_chars:
            raise GateFinished("only a gate that has read nothing can replay")
        for _ in self._scanner.read(released_text):
            pass
        self._num_released = self._scanner.num_chars

    def _step(self, settled: list[Match], *, until: int) -> GateStep:
        if not settled:
            return GateStep(self._release(until=until), None)
        self.matches += settled
        self._covers += [match for match in settled if match.withholds]
        if not self.blocked:
            released = self._release(until=until)
        else:
            released = self._release(until=min([until, *(match.start for match in settled if match.blocks)]))
            self._withhold(self._held)
            self._held = ""
        return GateStep(released, self._verdict(tuple(settled), released))

    def _release(self, *, until: int) -> str:
        num_chars = until - self._num_released
        if num_chars <= 0:  # below 0: a rule may reach back into replayed text, which is on screens already
            return ""
        text, self._held = self._held[:num_chars], self._held[num_chars:]
        if self._covers:
            text = "".join(map(self._shown, text, range(self._num_released, self._num_released + num_chars)))
            self._covers = [match for match in self._covers if match.end > until]
        else:
            self._shown_for = None
        self._num_released = until
        return text

    def _shown(self, char: str, position: int) -> str:
        """What the reader gets for one released character."""
        before, match = self._shown_for, self._cover_at(position)
        self._shown_for = match
        if match is None:
            return char
        if before is None:
            self._withheld_runs.append("")
        self._withheld_runs[-1] += char
        if match.action is Action.REPLACE:
            return self.ruleset.rule(match.rule_id).replacement if match != before else ""
        return MASK

    def _cover_at(self, position: int) -> Match | None:
        """The strongest match over this character; of equal ones the first, then the longest, then by name."""
        over = (match for match in self._covers if match.start <= position < match.end)
        return min(over, key=lambda m: (-STRENGTH[m.action], m.start, -m.end, m.rule_id), default=None)

    def _withhold(self, text: str) -> None:
        if text and self._shown_for is not None:
            self._withheld_runs[-1] += text
        elif text:
            self._withheld_runs.append(text)

    def _verdict(self, matches: tuple[Match, ...], released_text: str) -> Verdict:
        return Verdict(greatest_action(matches), matches, released_text, self.ruleset.version)

    def _demand_unfinished(self) -> None:
        if self._finished:
            raise GateFinished("this gate's text is over")


def judge(ruleset: Ruleset, text: str, stage: Stage | str) -> Verdict:
    """The verdict on a whole text: what a stream of it would come to, however it was cut."""
    gate = OutputGate(ruleset, stage)
    released_text = gate.feed(text).released + gate.finish().released
    return Verdict(greatest_action(gate.matches), tuple(gate.matches), released_text, ruleset.version)


def find_matches(ruleset: Ruleset, text: str, stage: Stage | str) -> tuple[Match, ...]:
    """Every match in a whole text, past a block too: for whoever tries a rule."""
    scanner = Scanner(ruleset.compiled(Stage(stage)))
    return tuple(match for settled in [*scanner.read(text), scanner.end()] for match in settled)
