"""
The one thread on which generated text leaves the worker: from the engine's channel, through each session's gate, into
one Redis pipeline per step.

Owns the order of these steps and when a lease is renewed. Begins no session, and writes nothing to the database itself.
"""

import threading
import time
from collections.abc import Sequence

import structlog
from redis.exceptions import RedisError

from chatapp.feed import log
from chatapp.feed.events import Timings
from chatapp.feed.log import AppendAnswer
from chatapp.generations.models import FinishReason
from chatapp.generations.worker.engine_requests import error_details
from chatapp.generations.worker.judging_threads import JudgingThreads
from chatapp.generations.worker.outputs import JudgedOutput, output_judge
from chatapp.generations.worker.records import Records
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.text_judge import JudgedPiece
from chatapp.generations.worker.under_way import SessionsUnderWay
from inference.types import Engine, Finish, Output, StepChannel
from inference.types import FinishReason as EngineFinishReason

logger = structlog.get_logger(__name__)

# The lease lasts log.LEASE_MS (6 s): 24 renewals fit, so a slow step or a pause of Redis is not taken for a death.
RENEW_S = 0.25
CHECKPOINT_S = 5.0  # what a lost event log can cost of an answer


class Relay:
    """`channel` is where the engine puts its outputs; `judging` wakes it when something was judged beside it."""

    def __init__(
        self,
        *,
        engine: Engine,
        channel: StepChannel,
        sessions: SessionsUnderWay,
        judging: JudgingThreads,
        records: Records,
    ) -> None:
        self._engine = engine
        self._channel = channel
        self._sessions = sessions
        self._judging = judging
        self._records = records
        self._handing_over = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="relay", daemon=True)
        self._thread.start()

    @property
    def is_handing_over(self) -> bool:
        return self._handing_over.is_set()

    def hand_over(self) -> None:
        """Give back every generation whose end is not known yet, from now on."""
        self._handing_over.set()

    def close(self) -> None:
        self._closed.set()
        self._thread.join(timeout=5.0)

    def _run(self) -> None:
        while not self._closed.is_set():
            outputs = self._channel.get(timeout_s=RENEW_S / 5)
            try:
                self._step(outputs)
            except RedisError as error:
                # Nothing is lost: text stays pending, an unanswered append is repeated.
                logger.warning("event_log_unavailable", error=str(error))
                self._closed.wait(RENEW_S)

    def _step(self, outputs: Sequence[Output]) -> None:
        if self._handing_over.is_set():
            self._sessions_hand_over()
        for output in outputs:
            self._judge(output)
        for judged in self._judging.done():
            self._take(judged)
        self._append()
        self._end_ready()

    def _sessions_hand_over(self) -> None:
        for session in self._sessions.all():
            if session.finish_reason is None and not session.is_ending:
                self._engine.cancel(session.request_id)
                self._records.hand_over(session)

    # --- from the channel through the gate into the session ---------------------------------------------------------

    def _judge(self, output: Output) -> None:
        """Here and now, or in the session's lane where a rule asks what does not answer at once."""
        session = self._sessions.get(output.request_id)
        if session is None or session.is_ending:
            return
        if session.lane is None:
            self._take(output_judge(session, output))
        else:
            self._judging.add(session.lane, session, output)

    def _take(self, judged: JudgedOutput) -> None:
        session = self._sessions.get(judged.output.request_id)
        if session is None or session.is_ending:
            return
        try:
            self._take_piece(session, judged)
        except Exception:  # one generation's failure is not the others'; what its gate holds never leaves
            logger.exception("generation_not_relayed", generation_id=str(session.generation_id))
            self._records.give_up(session)

    def _take_piece(self, session: Session, judged: JudgedOutput) -> None:
        output, piece = judged.output, judged.piece
        if isinstance(piece, Exception):
            raise piece
        if isinstance(output, Finish):
            self._take_finish(session, output, piece)
            return
        self._records.settled(session, session.take(piece, num_tokens=output.num_tokens))
        if piece.blocked:
            self._engine.cancel(output.request_id)

    def _take_finish(self, session: Session, output: Finish, piece: JudgedPiece) -> None:
        session.engine_finished(
            num_new_tokens=output.usage.num_completion_tokens,
            timings=Timings(first_token_s=output.timings.first_token_s, total_s=output.timings.total_s),
        )
        if output.error is not None:
            session.engine_failed(output.error.code, error_details(output.error))
        if output.finish_reason is EngineFinishReason.CANCELLED and not session.is_cancelled:
            if session.finish_reason is None:
                self._records.hand_over(session)  # the engine closes: another worker goes on
            return
        self._records.settled(session, session.take_end(piece, FinishReason(output.finish_reason.value)))

    # --- from the sessions into the event log ------------------------------------------------------------------------

    def _append(self) -> None:
        """Everything that is due, in one pipeline."""
        now_s = time.monotonic()
        due = [
            (session, append)
            for session in self._sessions.all()
            if (append := session.append_due(now_s=now_s, renew_s=RENEW_S)) is not None
        ]
        answers = log.append_all([append for _, append in due])
        for (session, _), appended in zip(due, answers, strict=True):
            self._append_answered(session, appended, now_s)

    def _append_answered(self, session: Session, appended: log.Appended, now_s: float) -> None:
        if appended.answer is AppendAnswer.FENCED:
            self._records.give_up(session)
            return
        session.append_answered(seq=appended.seq, now_s=now_s)
        if appended.answer is AppendAnswer.CANCELLED and session.cancel():
            self._engine.cancel(session.request_id)
        if session.checkpoint_due(now_s=now_s, every_s=CHECKPOINT_S):
            self._records.checkpoint(session)

    def _end_ready(self) -> None:
        for session in self._sessions.all():
            if session.is_ready_to_end:
                self._records.end(session)
