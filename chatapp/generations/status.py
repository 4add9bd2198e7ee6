"""Which status an end leads to. Pure."""

from typing import assert_never

from chatapp.generations.models import FinishReason, GenerationStatus


def status_after(reason: FinishReason) -> GenerationStatus:
    match reason:
        case FinishReason.STOP | FinishReason.LENGTH | FinishReason.CONTENT_FILTER:
            return GenerationStatus.COMPLETED
        case FinishReason.CANCELLED:
            return GenerationStatus.CANCELLED
        case FinishReason.ERROR:
            return GenerationStatus.FAILED
    assert_never(reason)
