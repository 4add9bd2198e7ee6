"""A generation's row as the wire shows it. Pure."""

from chatapp.feed.events import ContextReport, GenerationView, Timings, Usage
from chatapp.feed.log import LiveText
from chatapp.generations.models import LIVE_STATUSES, Generation

# What the engine takes where the sampling names none: its temperature is none of its parameters.
ENGINE_TEMPERATURE = 1.0


def generation_view(row: Generation, *, live: LiveText | None = None) -> GenerationView:
    """
    Show an answer's generation. `live` is Redis' text and seq of one moment; without it the database's copy counts.

    An ended generation shows no text: its message has it.
    """
    is_live = row.status in LIVE_STATUSES
    shown = live if is_live and live is not None else LiveText(row.checkpoint_text, row.checkpoint_seq)
    if row.message_id is None:
        raise ValueError("a title's generation is never shown")
    return GenerationView(
        id=row.id,
        conversation_id=row.conversation_id,
        message_id=row.message_id,
        status=row.status,  # type: ignore[arg-type]  # the check constraint generation_status holds it to the literal
        finish_reason=row.finish_reason,  # type: ignore[arg-type]  # written from FinishReason alone
        attempt=row.attempt,
        model=row.model.slug,
        temperature=row.sampling.get("temperature", ENGINE_TEMPERATURE),
        text=shown.text,
        seq=shown.seq,
        usage=None if row.usage is None else Usage.model_validate(row.usage),
        timings=None if row.timings is None else Timings.model_validate(row.timings),
        context=None if row.context is None else ContextReport.model_validate(row.context),
        error_code=row.error_code,
        error_details=row.error_details,
        created_at=row.created_at,
    )
