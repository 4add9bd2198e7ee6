"""
What the model is given of a branch. Pure: the tokenizer is an argument, because the web has none.

Keeps the system prompt and the newest turns that fit the model's window, and says what it left out.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal
from uuid import UUID

# English is four characters a token, Chinese one or two; a text of this many is more than a window can hold.
MAX_LIKELY_CHARS_PER_TOKEN = 16


@dataclass(frozen=True, slots=True)
class PromptMessage:
    """One message as the model reads it. The system prompt has no id: it is no message of the tree."""

    id: UUID | None
    role: Literal["system", "user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Context:
    """`num_new_tokens` is what the window leaves for the answer, at most what was asked for."""

    messages: tuple[PromptMessage, ...]
    left_out: tuple[UUID, ...]
    num_prompt_tokens: int
    num_new_tokens: int


def build_context(
    *,
    system_prompt: str,
    branch: Sequence[PromptMessage],
    count_tokens: Callable[[Sequence[PromptMessage]], int],
    context_window: int,
    max_new_tokens: int,
) -> Context:
    """
    Choose the longest tail of `branch` that leaves room for the answer.

    branch: root first, ends with the user message to answer. The room is `max_new_tokens`, but never more than half
    the window. The newest user message is kept even where it alone is too long: the engine then says both numbers.
    :raises ValueError: when the branch does not end with a user message.
    """
    if not branch or branch[-1].role != "user":
        raise ValueError("a branch to answer ends with a user message")
    spoken = [message for message in branch if message.text]
    head = [PromptMessage(None, "system", system_prompt)] if system_prompt else []
    room = context_window - min(max_new_tokens, context_window // 2)
    # A tail begins with a user message: an answer without its question misleads the model.
    starts = [index for index, message in enumerate(spoken) if message.role == "user"]
    count = cache(lambda start: count_tokens([*head, *spoken[start:]]))
    may_fit_whole = sum(len(message.text) for message in spoken) <= room * MAX_LIKELY_CHARS_PER_TOKEN
    start = _first_fitting(starts, fits=lambda index: count(index) <= room, may_fit_whole=may_fit_whole)
    kept, num_prompt_tokens = (*head, *spoken[start:]), count(start)
    kept_ids = {message.id for message in kept}
    return Context(
        messages=kept,
        left_out=tuple(message.id for message in branch if message.id is not None and message.id not in kept_ids),
        num_prompt_tokens=num_prompt_tokens,
        num_new_tokens=max(1, min(max_new_tokens, context_window - num_prompt_tokens)),
    )


def _first_fitting(starts: Sequence[int], *, fits: Callable[[int], bool], may_fit_whole: bool) -> int:
    """
    The smallest start that fits; the last one if none does (a later start is never longer).

    The whole branch is tried first, because it fits nearly always, then by bisection. Where it is so long that it
    hardly can, the search walks back from the newest turn in doubling steps: what is far too long is never counted.

    may_fit_whole: a guess; it decides what is tried first, never what is found.
    """
    if may_fit_whole:
        if fits(starts[0]):
            return starts[0]
        low, high = min(1, len(starts) - 1), len(starts) - 1
    else:
        low, high = _bracket(len(starts), fits=lambda place: fits(starts[place]))
    while low < high:
        middle = (low + high) // 2
        if fits(starts[middle]):
            high = middle
        else:
            low = middle + 1
    return starts[low]


def _bracket(num_starts: int, *, fits: Callable[[int], bool]) -> tuple[int, int]:
    """Two places between which the smallest that fits lies: the greater one fits, if any does."""
    high, step = num_starts - 1, 1
    while high > 0 and fits(max(0, high - step)):
        high, step = max(0, high - step), step * 2
    return min(max(0, high - step) + 1, high), high
