"""
Streams of nearly forbidden text under rulesets that mix every kind, each to one of its ends: nothing withheld leaves.

Rulesets and texts are those of the gate's laws (tests/moderation/judging/mixed_rulesets.py), from numbered seeds. A
leak is a character that left before its match was known, or stands unmasked in what left; a difference is a text that
left otherwise than the judge of the whole lets it.
"""

import time
from collections import Counter
from enum import StrEnum
from random import Random

from bench.moderation.figure_table import Figure, one
from chatapp.moderation.judging.gate import MASK, OutputGate, judge
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Action, Match, Stage
from tests.moderation.judging.mixed_rulesets import mixed_cuts, mixed_ruleset, mixed_text

STREAMS_PER_RULESET = 10  # compiling takes as long as three texts


class Exit(StrEnum):
    """How a stream ended. A block may end any of them first."""

    FINISH = "finish"
    CANCEL = "cancel"
    TAKE_OVER = "death and take-over"


class Stream:
    """One text as its reader gets it: what left, and what must not have."""

    def __init__(self, ruleset: CompiledRuleset) -> None:
        self.gate = OutputGate(ruleset)
        self.text = ""  # as the gate has it: what a dead worker held is gone
        self.released = ""
        self.matches: list[Match] = []
        self.num_early = 0  # characters that left before their match was known
        self.num_replayed = 0  # characters that a dead worker's gate let out

    def feed(self, piece: str) -> None:
        self.text += piece
        self._step(piece)

    def finish(self) -> None:
        self._step(None)

    def take_over(self) -> None:
        """The worker dies; another goes on from what was released."""
        successor = OutputGate(self.gate.ruleset)
        successor.replay(self.released)
        self.gate, self.text, self.matches = successor, self.released, []
        self.num_replayed = len(self.released)

    def _step(self, piece: str | None) -> None:
        num_decided = self.gate.num_decided_chars
        step = self.gate.finish() if piece is None else self.gate.feed(piece)
        known = step.verdict.matches if step.verdict else ()
        self.matches += known
        self.released += step.released
        self._count_early(known, num_decided)

    def _count_early(self, known: tuple[Match, ...], num_decided: int) -> None:
        # What a rule reaches back to in replayed text left before this gate was there.
        starts = [match.start for match in known if match.withholds and match.start >= self.num_replayed]
        self.num_early += sum(max(0, num_decided - start) for start in starts)


def measure(*, num_streams: int) -> list[Figure]:
    began_s = time.perf_counter()
    counts: Counter[str] = Counter()
    for seed in range(-(-num_streams // STREAMS_PER_RULESET)):
        chance = Random(seed)  # noqa: S311  # the same streams every time
        ruleset = mixed_ruleset(chance)
        for _ in range(STREAMS_PER_RULESET):
            counts.update(_stream_counts(chance, ruleset))
    figures = [
        one("leaks", counts["leaks"], at_most=0.0),
        one("differences from the judge", counts["differs"], at_most=0.0),
    ]
    told = ("streams", *Exit, "blocked", "with something withheld")
    return [
        *figures,
        *(one(f"of them: {name}", counts[name]) for name in told),
        one("took", time.perf_counter() - began_s, "s"),
    ]


def _stream_counts(chance: Random, ruleset: CompiledRuleset) -> Counter[str]:
    how, stream = chance.choice(tuple(Exit)), Stream(ruleset)
    pieces = mixed_cuts(chance, mixed_text(chance, ruleset))
    for piece in pieces if how is Exit.FINISH else pieces[: chance.randint(0, len(pieces))]:
        stream.feed(piece)
    if how is Exit.TAKE_OVER and not stream.gate.blocked:
        stream.take_over()
        for piece in mixed_cuts(chance, mixed_text(chance, ruleset)):
            stream.feed(piece)
    stream.finish()
    withheld = {place for match in stream.matches if match.withholds for place in range(match.start, match.end)}
    leaks = stream.num_early + _num_unmasked(stream, withheld)
    differs = stream.num_replayed == 0 and stream.released != judge(ruleset, stream.text, Stage.OUTPUT).released_text
    return Counter(
        {
            "streams": 1,
            how.value: 1,
            "blocked": stream.gate.blocked,
            "with something withheld": bool(withheld),
            "leaks": leaks,
            "differs": differs,
        }
    )


def _num_unmasked(stream: Stream, withheld: set[int]) -> int:
    """Where no rule replaces, what left has the offsets of the text."""
    if any(rule.action is Action.REPLACE for rule in stream.gate.ruleset.rules):
        return 0
    places = range(stream.num_replayed, len(stream.released))
    return sum(stream.released[place] != MASK for place in places if place in withheld)
