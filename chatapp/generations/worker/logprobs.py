"""
Which log-probabilities may leave with released text. Pure.

Owns where each token stands in the generated text, and a second gate that stands where the next token begins. A token
leaves once its text was released as the model wrote it; an alternative only if the gate, standing before the token,
would have released it there. In doubt it stays: what cannot be placed in the text is dropped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from chatapp.feed.events import TokenLogprob
from chatapp.moderation.judging.gate import OutputGate

HALF_CHARACTER = "\ufffd"


@dataclass(frozen=True, slots=True)
class _Placed:
    """Tokens that spell the characters from `start` to `end`: one, or the pieces of characters together."""

    tokens: tuple[TokenLogprob, ...]
    judged_from: int  # the alternatives were judged together with the text from here on, which the gate held then
    start: int
    end: int


class LogprobTrail:
    """Follows one gate. Positions are the gate's: characters of the text, replayed text included."""

    def __init__(self, gate: OutputGate, *, has_alternatives: bool = True) -> None:
        """
        gate: stands before the first token, with nothing held back.

        has_alternatives: off where a rule does not answer at once: it would be asked about each of them.
        """
        self._before = gate.copy() if has_alternatives else None
        self._position = gate.num_decided_chars
        self._unplaced = ""  # read, from _position on; its tokens are not known yet
        self._placed: list[_Placed] = []

    def read(self, text: str, tokens: Sequence[TokenLogprob]) -> None:
        """Take the text of a delta and the tokens that end in it or before."""
        self._unplaced += text
        waiting = [token for token in tokens if token.text]
        while waiting:
            num_together = _num_spelling_together(waiting)
            together, waiting = waiting[:num_together], waiting[num_together:]
            spelled = _spelling(together, following=waiting[:1]).match(self._unplaced)
            if spelled is None:
                self._pass_over()
                return
            self._place(together, num_chars=spelled.end())

    def _place(self, tokens: Sequence[TokenLogprob], *, num_chars: int) -> None:
        first, *others = tokens
        # Where a later piece stands is inside a character: no gate can stand there, so its alternatives stay.
        alone = [token.model_copy(update={"alternatives": ()}) for token in others]
        start = self._position
        judged_from = start if self._before is None else self._before.num_decided_chars
        judged = self._judged(first)
        self._read_before(self._unplaced[:num_chars])
        self._position, self._unplaced = start + num_chars, self._unplaced[num_chars:]
        self._placed.append(_Placed((judged, *alone), judged_from, start, self._position))

    def _judged(self, token: TokenLogprob) -> TokenLogprob:
        """The token's own text is public once it left, so as an alternative it needs no judging."""
        kept = [
            alternative
            for alternative in token.alternatives
            if alternative.text == token.text or self._would_release(alternative.text)
        ]
        return token.model_copy(update={"alternatives": tuple(kept)})

    def _pass_over(self) -> None:
        """The tokens do not spell the text (one begins in text released before, or the engine trimmed a space)."""
        self._read_before(self._unplaced)
        self._position, self._unplaced = self._position + len(self._unplaced), ""

    def _read_before(self, text: str) -> None:
        if self._before is not None:
            self._before.feed(text)

    def _would_release(self, text: str) -> bool:
        return self._before is not None and self._before.would_release(text)

    def leaving(self, gate: OutputGate) -> tuple[TokenLogprob, ...]:
        """What may leave now, in order. `gate` has read all that was read here."""
        decided = [placed for placed in self._placed if placed.end <= gate.num_decided_chars]
        self._placed = self._placed[len(decided) :]
        covers = [(match.start, match.end) for match in gate.matches if match.withholds] if decided else []
        return tuple(token for placed in decided for token in _released(placed, covers))


def _num_spelling_together(tokens: Sequence[TokenLogprob]) -> int:
    """1, or how many tokens at the beginning hold pieces of characters and must be placed together."""
    whole = (index for index, token in enumerate(tokens) if HALF_CHARACTER not in token.text)
    return max(1, next(whole, len(tokens)))


def _spelling(tokens: Sequence[TokenLogprob], *, following: Sequence[TokenLogprob]) -> re.Pattern[str]:
    """
    What the tokens' text may be. Pieces are known only as U+FFFD, at least two for a character that they spell; they
    end where the next whole token begins, or with the text.
    """
    joined = "".join(token.text for token in tokens)
    if HALF_CHARACTER not in joined:
        return re.compile(re.escape(joined))
    parts = [
        f".{{1,{len(part)}}}?" if part.startswith(HALF_CHARACTER) else re.escape(part)
        for part in re.findall(f"{HALF_CHARACTER}+|[^{HALF_CHARACTER}]+", joined)
    ]
    ending = f"(?={re.escape(following[0].text)})" if following else r"\Z"
    return re.compile("".join(parts) + ending, re.DOTALL)


def _released(placed: _Placed, covers: Sequence[tuple[int, int]]) -> tuple[TokenLogprob, ...]:
    if _is_covered(placed.start, placed.end, covers):
        return ()
    if _is_covered(placed.judged_from, placed.start, covers):
        # What was held then is masked now: an alternative might spell the rest of it.
        return tuple(token.model_copy(update={"alternatives": ()}) for token in placed.tokens)
    return placed.tokens


def _is_covered(start: int, end: int, covers: Sequence[tuple[int, int]]) -> bool:
    return any(start < cover_end and cover_start < end for cover_start, cover_end in covers)
