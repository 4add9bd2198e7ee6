"""
Holds the log-probabilities of tokens until their text is given out.

Text waits for the rest of a character or of a stop string, so a token's log-probability waits with it. Knows no tensor.
"""

from collections import deque

from inference.tokens.choice import Choice
from inference.tokens.vocabulary import Vocabulary
from inference.types import Alternative, TokenLogprob


class PendingLogprobs:
    """Those of one answer, in order. Tokens without a log-probability pass unnoticed."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._vocabulary = vocabulary
        self._num_chars_made = 0
        self._num_chars_out = 0
        self._waiting: deque[tuple[int, TokenLogprob]] = deque()  # the answer's length that a token's text ends at

    def push(self, choice: Choice, text: str, *, is_unfinished: bool) -> None:
        """Take a token and the text it completed; is_unfinished: it ends within a character that is still to come."""
        self._num_chars_made += len(text)
        if choice.logprob is not None:
            alternatives = tuple(Alternative(self._spell(token_id), logprob) for token_id, logprob in choice.best)
            entry = TokenLogprob(self._spell(choice.token_id), choice.logprob, alternatives)
            self._waiting.append((self._num_chars_made + is_unfinished, entry))

    def given_out(self, text: str) -> tuple[TokenLogprob, ...]:
        """Return those whose text has ended now that `text` goes out too."""
        self._num_chars_out += len(text)
        ended = []
        while self._waiting and self._waiting[0][0] <= self._num_chars_out:
            ended.append(self._waiting.popleft()[1])
        return tuple(ended)

    def _spell(self, token_id: int) -> str:
        return self._vocabulary.spell(token_id).decode(errors="replace")
