"""
The output gate: text in as it is generated, text out as it may be shown. Owns hold-back, masks and what a block ends.

Knows no model, no stream and no database. Every way out of the model worker passes through one of these; what `feed`
and `finish` return is all that may leave. Verdict and released text do not depend on how the text was cut.
"""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from chatapp.moderation.judging.channels.given import GivenDetector
from chatapp.moderation.judging.detecting import Detector
from chatapp.moderation.judging.rulesets.compiled import CompiledRules
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset, Part
from chatapp.moderation.judging.scanning import Scanner
from chatapp.moderation.judging.verdict import STRENGTH, Action, Match, Stage, Verdict, greatest_action

# One per withheld character, so that offsets in the released text stay those of the text it came from.
MASK = "█"

# A person waits for the verdict on what they wrote, and a long message has hundreds of sentences.
WHOLE_TEXT_PATIENCE_S = 20.0


class GateFinished(RuntimeError):
    """Text was fed to a gate whose text is over: a fault in the caller."""


class GateStep(NamedTuple):
    """
    What one call lets out, and the verdict on the matches that settled in it, or None if none did.

    withheld_text: evidence for that verdict, one line per span; empty if nothing is taken away.
    """

    released: str
    verdict: Verdict | None
    withheld_text: str = ""


class OutputGate:
    """
    Judges one text while it streams.

    `blocked`: by a block or a safe completion; nothing is released any more, ever. `matches`: all that settled, in
    order. `withheld_text`: evidence, one line per masked, replaced or discarded span; encrypt it or drop it, nothing
    else. One thread at a time.
    """

    def __init__(
        self,
        ruleset: CompiledRuleset,
        stage: Stage | str = Stage.OUTPUT,
        *,
        part: Part = Part.ALL,
        besides: Sequence[Detector] = (),
        asked: str = "",
        patience_s: float | None = None,
    ) -> None:
        """besides: detectors of this text alone. asked: what it answers. patience_s: for answers of classifiers."""
        self.ruleset = ruleset
        self.stage = Stage(stage)
        self.part = part
        self.blocked = False
        self.matches: list[Match] = []
        compiled = ruleset.compiled(self.stage, part)
        self._scanner = Scanner(compiled, besides=besides, asked=asked, patience_s=patience_s)
        self._is_whole = False  # nothing of the text leaves before all of it is judged
        self._held = ""  # read and not yet released; begins at character _num_released
        self._num_released = 0
        self._covers: list[Match] = []  # settled, withholding, not yet released to their end
        self._shown_for: Match | None = None  # whose mask or replacement was last shown
        self._blocked_from = 0
        self._withheld_spans: list[str] = []
        self._num_spans_reported = 0
        self._finished = False

    @property
    def num_decided_chars(self) -> int:
        """Of the text read, replayed text included, how much is shown, masked or replaced; it stops at a block."""
        return self._num_released

    @property
    def num_held_chars(self) -> int:
        return len(self._held)

    @property
    def withheld_text(self) -> str:
        return "\n".join(self._withheld_spans)

    @property
    def verdict(self) -> Verdict:
        """On all that settled so far. Its released text is empty: the gate keeps no copy of what it let out."""
        return self._verdict(tuple(self.matches), released_text="")

    def feed(self, text: str) -> GateStep:
        """:raises GateFinished: after `finish`."""
        self._demand_unfinished()
        if self.blocked:
            return GateStep("", None)
        return self._step(self._read(text), until=self._scanner.held_from)

    def finish(self) -> GateStep:
        """
        The text is over (end, stop, length, cancel): release all that is not withheld.

        :raises GateFinished: the second time.
        """
        self._demand_unfinished()
        self._finished = True
        if self.blocked:
            return GateStep("", None)
        settled = self._scanner.end()
        self._weigh(settled)
        return self._step(settled, until=self._scanner.num_chars)

    def conclude(self, text: str) -> GateStep:
        """
        `feed` the rest of the text and `finish`, at once: nothing leaves before all of it is judged.

        :raises GateFinished: after `finish`.
        """
        self._demand_unfinished()
        self._finished = self._is_whole = True
        if self.blocked:
            return GateStep("", None)
        settled = self._read(text)
        if not self.blocked:
            last = self._scanner.end()
            self._weigh(last)
            settled += last
        return self._step(settled, until=self._scanner.num_chars)

    def copy(self) -> "OutputGate":
        """A gate that stands where this one does and goes its own way."""
        twin = OutputGate(self.ruleset, self.stage, part=self.part)
        twin.blocked, twin.matches = self.blocked, self.matches.copy()
        twin._scanner = self._scanner.copy()
        twin._held, twin._num_released = self._held, self._num_released
        twin._covers, twin._shown_for = self._covers.copy(), self._shown_for
        twin._blocked_from, twin._finished = self._blocked_from, self._finished
        twin._withheld_spans, twin._num_spans_reported = self._withheld_spans.copy(), self._num_spans_reported
        return twin

    def would_release(self, text: str) -> bool:
        """
        Say whether a text that ends here with `text` would leave unchanged, and all that is held before it too.

        Changes nothing. Stricter than judging `text` alone: what it completes or covers counts.
        """
        if self.blocked or self._finished:
            return False
        probe = self.copy()
        return probe.feed(text).released + probe.finish().released == self._held + text

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

    def _read(self, text: str) -> list[Match]:
        """What settles while the text is read, up to a block."""
        self._held += text
        settled: list[Match] = []
        for matches in self._scanner.read(text):
            settled += matches
            self._weigh(matches)
            if self.blocked:
                break
        return settled

    def _weigh(self, settled: Sequence[Match]) -> None:
        """Take in what one character settled: what to mask, whether to block, and the text that must not leave."""
        withholding = [match for match in settled if match.withholds_at(self.stage) and not self._trails(match)]
        self._covers += withholding
        spans = _merged((match.start, match.end) for match in withholding)
        if ends := [self._end_for(match) for match in settled if match.ends_at(self.stage)]:
            self.blocked = True
            self._blocked_from = min([self._scanner.held_from, *ends])
            before = [(start, min(end, self._blocked_from)) for start, end in spans if start < self._blocked_from]
            spans = [*before, (self._blocked_from, self._scanner.num_chars)]
        for start, end in spans:
            # What a rule reaches back to in replayed text is on screens already and is no evidence.
            first, last = max(0, start - self._num_released), max(0, end - self._num_released)
            if first < last:
                self._withheld_spans.append(self._held[first:last])

    def _trails(self, match: Match) -> bool:
        """Whether the match's text was let out before its verdict, which masks nothing then, however it was cut."""
        return not self._is_whole and self.ruleset.trails(match.rule_id)

    def _end_for(self, match: Match) -> int:
        return self._scanner.num_chars if self._trails(match) else match.start

    def _step(self, settled: Sequence[Match], *, until: int) -> GateStep:
        if not settled:
            return GateStep(self._release(until=until), None)
        self.matches += settled
        released = self._release(until=self._blocked_from if self.blocked else until)
        if self.blocked:
            self._held = ""
        withheld = self._withheld_spans[self._num_spans_reported :]
        self._num_spans_reported = len(self._withheld_spans)
        return GateStep(released, self._verdict(tuple(settled), released), "\n".join(withheld))

    def _release(self, *, until: int) -> str:
        num_chars = until - self._num_released
        if num_chars <= 0:  # below 0 where a rule reaches back into replayed text
            return ""
        text, self._held = self._held[:num_chars], self._held[num_chars:]
        if self._covers:
            text = "".join(map(self._shown, text, range(self._num_released, self._num_released + num_chars)))
            self._covers = [match for match in self._covers if match.end > until]
        self._num_released = until
        return text

    def _shown(self, char: str, position: int) -> str:
        """What the reader gets for one released character."""
        before, match = self._shown_for, self._cover_at(position)
        self._shown_for = match
        if match is None:
            return char
        if match.action is Action.REPLACE:
            return self.ruleset.rule(match.rule_id).replacement if match != before else ""
        return MASK

    def _cover_at(self, position: int) -> Match | None:
        """The strongest match over this character; of equal ones the first, then the longest, then by name."""
        over = (match for match in self._covers if match.start <= position < match.end)
        return min(over, key=lambda m: (-STRENGTH[m.action], m.start, -m.end, m.rule_id), default=None)

    def _verdict(self, matches: tuple[Match, ...], released_text: str) -> Verdict:
        return Verdict(greatest_action(matches), matches, released_text, self.ruleset.version)

    def _demand_unfinished(self) -> None:
        if self._finished:
            raise GateFinished("this gate's text is over")


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """The same characters, each in one span only."""
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def judge(ruleset: CompiledRuleset, text: str, stage: Stage | str, *, part: Part = Part.ALL) -> Verdict:
    """
    The verdict on a whole text: what a stream of it would come to, however it was cut.

    Beside that, the channels look that a stream cannot wait for.
    """
    besides = _whole_text_detectors(ruleset.compiled(Stage(stage), part), text)
    gate = OutputGate(ruleset, stage, part=part, besides=besides, patience_s=WHOLE_TEXT_PATIENCE_S)
    released_text = gate.conclude(text).released
    return Verdict(greatest_action(gate.matches), tuple(gate.matches), released_text, ruleset.version)


def find_matches(
    ruleset: CompiledRuleset, text: str, stage: Stage | str, *, part: Part = Part.ALL
) -> tuple[Match, ...]:
    """Every match in a whole text, past a block too: for whoever tries a rule."""
    compiled = ruleset.compiled(Stage(stage), part)
    scanner = Scanner(compiled, besides=_whole_text_detectors(compiled, text), patience_s=WHOLE_TEXT_PATIENCE_S)
    return tuple(match for settled in [*scanner.read(text), scanner.end()] for match in settled)


def _whole_text_detectors(compiled: CompiledRules, text: str) -> list[Detector]:
    found = [one for finder in compiled.sources.finders for one in finder.find(text)]
    return [GivenDetector(found, holding=compiled.holding)] if found else []
