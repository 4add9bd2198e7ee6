"""What is written at the end of a generation. Pure."""

from chatapp.conversations.models import MessageState
from chatapp.generations.ending import Ending
from chatapp.generations.models import FinishReason
from chatapp.generations.notices import Told, notice_of
from chatapp.generations.prompting.titles import title_clean
from chatapp.generations.worker.session import Session
from chatapp.moderation.judging.verdict import Action, strongest_told


def ending_of(session: Session, *, is_title: bool) -> Ending:
    """
    The end of a session whose text is all in the event log.

    :raises ValueError: when the session has not ended.
    """
    if session.finish_reason is None:
        raise ValueError("this session has not ended")
    told = _told(session)
    is_filtered = session.finish_reason is FinishReason.CONTENT_FILTER
    is_answered = told is not None and told.match.action is Action.SAFE_COMPLETION
    return Ending(
        finish_reason=session.finish_reason,
        text=title_clean(session.text) if is_title else session.text,
        seq=session.seq,
        usage=session.usage,
        timings=session.timings,
        error_code=session.error_code,
        error_details=session.error_details,
        state=MessageState.WITHHELD if is_filtered and not is_answered else MessageState.VISIBLE,
        notice=told.notice if told else None,
    )


def _told(session: Session) -> Told | None:
    """The strongest of what this attempt and those before it have to tell."""
    match, before = session.gate.verdict.told, session.told_before
    if match is None or (before is not None and strongest_told([before.match, match]) is before.match):
        return before
    return Told(match, notice_of(session.gate.ruleset, match, language=session.language))
