"""What becomes of an attempt that begins: decided of what is known by then, before the engine is asked. Pure."""

from collections.abc import Collection
from dataclasses import dataclass

from chatapp.feed.log import TakeOver
from chatapp.generations.notices import Told
from chatapp.generations.worker.questions import QuestionRefused


@dataclass(frozen=True, slots=True)
class Cancelled:
    """It was stopped before the worker began."""


@dataclass(frozen=True, slots=True)
class Refused:
    """The model does not answer the question; text: the operator's answer, what of it is not on screens yet."""

    told: Told
    text: str


@dataclass(frozen=True, slots=True)
class Answered:
    """An earlier attempt gave the operator's answer: only the end is missing."""


@dataclass(frozen=True, slots=True)
class Uncontinuable:
    """Text was shown, and the engine cannot go on from it."""


@dataclass(frozen=True, slots=True)
class Written:
    """The earlier attempts wrote all that fits: only the end is missing."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The engine writes at most so many tokens more."""

    max_new_tokens: int


Course = Cancelled | Refused | Answered | Uncontinuable | Written | Ask


def course_of(
    start: TakeOver,
    *,
    refused: QuestionRefused | None,
    is_answered_by_operator: bool,
    num_new_tokens: int,
    parameters: Collection[str],
) -> Course:
    """
    num_new_tokens: what the window and the request leave for all attempts together. parameters: the engine's.
    """
    num_tokens_left = num_new_tokens - start.num_tokens
    if start.is_cancelled:
        return Cancelled()
    if refused is not None:
        return Refused(refused.told, "" if start.text else refused.text)
    if is_answered_by_operator:
        return Answered()
    if start.text and "prefix" not in parameters:
        return Uncontinuable()
    return Ask(num_tokens_left) if num_tokens_left > 0 else Written()
