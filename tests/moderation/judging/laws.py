"""What the tests of the gate's laws share: how many examples, a run over pieces, and where they were cut."""

import codecs
import os
from collections.abc import Sequence
from random import Random

from hypothesis import settings
from hypothesis import strategies as st

from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.rulesets.compiling import CompiledRuleset
from chatapp.moderation.judging.verdict import Action, Match
from tests.moderation.judging.mixed_rulesets import (
    ACTIONS,
)

# Each example makes rulesets and compiles them, about 3 ms: two minutes of processor time in all.
many = settings(max_examples=int(os.environ.get("GATE_EXAMPLES", "2000")), deadline=None)


chances = st.randoms(use_true_random=False)


# With these the released text has the offsets of the text.
MASKING_ACTIONS = tuple(action for action in ACTIONS if action is not Action.REPLACE)


def run(ruleset: CompiledRuleset, pieces: Sequence[str]) -> tuple[OutputGate, str]:
    gate = OutputGate(ruleset)
    released = "".join([*(gate.feed(piece).released for piece in pieces), gate.finish().released])
    return gate, released


def byte_cuts(chance: Random, text: str) -> list[str]:
    """What an incremental decoder makes of the text's UTF-8, cut inside its characters too."""
    raw = text.encode()
    places = sorted(chance.randint(0, len(raw)) for _ in range(chance.randint(0, 12)))
    decoder = codecs.getincrementaldecoder("utf-8")()
    chunks = [raw[start:end] for start, end in zip([0, *places], [*places, len(raw)], strict=True)]
    return [*map(decoder.decode, chunks), decoder.decode(b"", final=True)]


def withheld_places(matches: Sequence[Match]) -> set[int]:
    return {place for match in matches if match.withholds for place in range(match.start, match.end)}
