"""What is written at the end of a generation. Pure."""

from chatapp.conversations.models import MessageState
from chatapp.generations.models import FinishReason
from chatapp.generations.notices import notice_of
from chatapp.generations.services import Ending
from chatapp.generations.session import Session
from chatapp.generations.titles import title_clean


def ending_of(session: Session, *, language: str, is_title: bool) -> Ending:
    """
    The end of a session whose text is all in the event log.

    :raises ValueError: when the session has not ended.
    """
    if session.finish_reason is None:
        raise ValueError("this session has not ended")
    gate, decisive = session.gate, session.gate.verdict.decisive
    is_blocked = session.finish_reason is FinishReason.CONTENT_FILTER
    withholds = decisive is not None and decisive.withholds
    return Ending(
        finish_reason=session.finish_reason,
        text=title_clean(session.text) if is_title else session.text,
        seq=session.seq,
        usage=session.usage,
        timings=session.timings,
        error_code=session.error_code,
        error_details=session.error_details,
        state=MessageState.WITHHELD if is_blocked else MessageState.VISIBLE,
        notice=notice_of(gate.ruleset, decisive, language=language or "en") if is_blocked or withholds else None,
    )
