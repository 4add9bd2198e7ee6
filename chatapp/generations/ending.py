"""What is known at the end of a generation, and which status it leads to. Pure."""

from dataclasses import dataclass
from typing import Any, assert_never

from chatapp.conversations.models import MessageState
from chatapp.feed.events import (
    Timings,
    Usage,
)
from chatapp.generations.models import (
    FinishReason,
    GenerationStatus,
)


@dataclass(frozen=True, slots=True)
class Ending:
    """What is known at the end of a generation. `text` is exactly what the gate released."""

    finish_reason: FinishReason
    text: str
    seq: int
    usage: Usage | None = None
    timings: Timings | None = None
    error_code: str | None = None
    error_details: dict[str, Any] | None = None
    state: MessageState = MessageState.VISIBLE
    notice: dict[str, str] | None = None


def status_after(reason: FinishReason) -> GenerationStatus:
    match reason:
        case FinishReason.STOP | FinishReason.LENGTH | FinishReason.CONTENT_FILTER:
            return GenerationStatus.COMPLETED
        case FinishReason.CANCELLED:
            return GenerationStatus.CANCELLED
        case FinishReason.ERROR:
            return GenerationStatus.FAILED
    assert_never(reason)
