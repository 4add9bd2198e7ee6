"""
What is written to the database about the sessions under way: verdicts, checkpoints, ends, and giving back.

Every write goes to the writer thread, so that a locked database never holds back a token. Owns how a session is let go.
Knows no gate and no delta: what there is to write, it is told.
"""

import contextlib
from collections.abc import Callable
from functools import partial

import structlog
from redis.exceptions import RedisError

from chatapp.core import clock
from chatapp.feed import log
from chatapp.generations import holding, services
from chatapp.generations.models import GenerationKind
from chatapp.generations.worker.endings import ending_of
from chatapp.generations.worker.session import Session, Settled
from chatapp.generations.worker.under_way import SessionsUnderWay
from chatapp.generations.worker.writer import Writer
from chatapp.review.services import decisions_record
from inference.types import Engine

logger = structlog.get_logger(__name__)


class Records:
    """Each method queues its write and returns; any thread may call it."""

    def __init__(self, *, engine: Engine, sessions: SessionsUnderWay) -> None:
        self._engine = engine
        self._sessions = sessions
        self._writer = Writer()

    def close(self) -> None:
        """Write what is queued."""
        self._writer.close()

    def settled(self, session: Session, settled: Settled | None) -> None:
        """Put a verdict on record, if there is one; the session's text waits until it is committed."""
        if settled is not None:
            self._write(session, partial(_settled_write, session, settled))

    def checkpoint(self, session: Session) -> None:
        """Copy what the event log has by now."""
        self._write(
            session,
            partial(
                holding.generation_checkpoint,
                generation_id=session.generation_id,
                attempt=session.attempt,
                text=session.text,
                seq=session.seq,
                num_tokens=session.num_logged_tokens,
            ),
        )

    def end(self, session: Session) -> None:
        """Write the end of a session whose text is all in the event log."""
        session.is_ending = True
        self._write(session, partial(self._end_write, session))

    def hand_over(self, session: Session) -> None:
        """Give the generation back to the queue, so that another attempt continues it at once."""
        session.is_ending = True
        self._write(session, partial(self._hand_over_write, session))

    def turn_away(self, session: Session) -> None:
        """Give it back because the engine has no room; the attempt does not count."""
        session.is_ending = True
        self._write(session, partial(self._turn_away_write, session))

    def give_up(self, session: Session) -> None:
        """Stop renewing: the lease runs out, and the reaper gives the generation to another attempt or fails it."""
        self._engine.cancel(session.request_id)
        self.drop(session)

    def drop(self, session: Session) -> None:
        """Let go of it: nothing more is written, and its task ends."""
        self._sessions.remove(session)
        session.done.set()

    def _write(self, session: Session, write: Callable[[], object]) -> None:
        self._writer.write(write, alive=partial(_is_open, session), refused=partial(self.give_up, session))

    def _end_write(self, session: Session) -> None:
        row = session.row
        ending = ending_of(session, is_title=row.kind == GenerationKind.TITLE)
        won = services.generation_end(generation_id=row.id, attempt=session.attempt, ending=ending, now=clock.now())
        if not won:
            services.stream_close_if_deleted(generation_id=row.id)
        logger.info(
            "generation_ended", generation_id=str(row.id), attempt=session.attempt, reason=ending.finish_reason, won=won
        )
        self.drop(session)

    def _hand_over_write(self, session: Session) -> None:
        holding.generation_requeue(generation_id=session.generation_id, attempt=session.attempt)
        _lease_release(session)
        logger.info("generation_handed_over", generation_id=str(session.generation_id), attempt=session.attempt)
        self.drop(session)

    def _turn_away_write(self, session: Session) -> None:
        holding.generation_turn_away(generation_id=session.generation_id, attempt=session.attempt)
        _lease_release(session)
        self.drop(session)


def _settled_write(session: Session, settled: Settled) -> None:
    row = session.row
    decisions_record(
        conversation_id=row.conversation_id,
        owner_id=row.owner_id,
        message_id=row.message_id,
        generation_id=row.id,
        verdict=settled.verdict,
        stage=session.gate.stage,
        withheld_text=settled.withheld_text,
        latency_us=settled.latency_us,
    )
    session.num_recorded += 1


def _is_open(session: Session) -> bool:
    return not session.done.is_set()


def _lease_release(session: Session) -> None:
    with contextlib.suppress(RedisError):
        log.lease_release(generation_id=session.generation_id, attempt=session.attempt)
