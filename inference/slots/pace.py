"""
How much of a prompt one step may compute while others wait for their next token. Pure but for what it remembers.

The time of a chunk depends on the processor, on what else it does and on the length before it, so it is measured, not
foreseen.
"""

# What a running stream may wait for its next token. The benchmark asks for 150 ms; the rest is for what varies.
TARGET_STEP_S = 0.12
MIN_PREFILL_TOKENS = 16
# Where a step without any prompt takes long already, prompts get as long again: else new questions would starve.
_PROMPT_SHARE = 2.0
# One slow step says little: a neighbour on the machine, a page fault.
_MAX_GROWTH = 1.25
_MAX_SHRINKING = 0.7


class PrefillPace:
    """Follows the steps and keeps those that mix prompts with running streams near the target."""

    def __init__(self, *, max_tokens: int, target_s: float = TARGET_STEP_S) -> None:
        """max_tokens: of a step in which nobody waits; more than that is never given."""
        self._max_tokens = max_tokens
        self._target_s = target_s
        self._decode_s = 0.0  # of the last step without a prompt
        self._mixed_tokens = max(1, max_tokens // 2)

    def budget(self, *, is_decoding: bool) -> int:
        """Return the prompt tokens that the next step may compute. is_decoding: whether some stream is running."""
        return self._mixed_tokens if is_decoding else self._max_tokens

    def note(self, *, num_prefill_tokens: int, elapsed_s: float) -> None:
        """Take in how long a step with running streams took, and how much of prompts it computed beside them."""
        if num_prefill_tokens == 0:
            self._decode_s = elapsed_s
            return
        smallest = min(MIN_PREFILL_TOKENS, self._max_tokens)
        if num_prefill_tokens < self._mixed_tokens:
            return  # a short chunk says nothing of a full one
        if num_prefill_tokens <= smallest:
            self._decode_s = elapsed_s  # where prompts never end, this is as near as it comes to a step without one
        target_s = max(self._target_s, _PROMPT_SHARE * self._decode_s)
        factor = min(max(target_s / max(elapsed_s, 1e-6), _MAX_SHRINKING), _MAX_GROWTH)
        self._mixed_tokens = min(max(round(self._mixed_tokens * factor), smallest), self._max_tokens)
