"""
The one place where generated text leaves the engine: takes each step's deltas of all generations, passes each through
its gate, and appends them in one Redis pipeline per step.

Owns the relay thread and the sessions under way. Database writes go to the writer thread, so that a locked database
never holds back a token.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Literal

import structlog
from django.db import InterfaceError, OperationalError, connection
from redis.exceptions import RedisError

from chatapp.catalog.engines import EngineChoice
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import model_folder
from chatapp.core import clock
from chatapp.feed import log
from chatapp.feed.events import ContextReport, Timings
from chatapp.feed.log import AppendAnswer, Fenced
from chatapp.generations import holding, services
from chatapp.generations.models import FinishReason, Generation, GenerationKind
from chatapp.generations.prompting.prompt import prompt_context
from chatapp.generations.worker.earlier import told_before
from chatapp.generations.worker.endings import ending_of
from chatapp.generations.worker.engine_requests import chat_messages, engine_request, error_details, token_logprobs
from chatapp.generations.worker.judging_threads import JudgingThreads
from chatapp.generations.worker.opening import session_catch_up, session_open
from chatapp.generations.worker.questions import question_check
from chatapp.generations.worker.session import Session, Settled
from chatapp.generations.worker.text_judge import JudgedPiece
from chatapp.generations.worker.under_way import SessionsUnderWay
from chatapp.generations.worker.writer import Writer
from chatapp.review.services import decisions_record
from inference.errors import EngineClosed, EngineError, QueueFull
from inference.types import Engine, EngineKind, Finish, Output, StepChannel
from inference.types import FinishReason as EngineFinishReason

logger = structlog.get_logger(__name__)

# The lease lasts log.LEASE_MS (6 s): 24 renewals fit, so a slow step or a pause of Redis is not taken for a death.
RENEW_S = 0.25
CHECKPOINT_S = 5.0  # what a lost event log can cost of an answer


def engine_load(model: ChatModel) -> Engine:
    """Load a catalog row's weights into the engine that serves them: the one the row names, or the best there is."""
    from inference.engines.choosing import load_engine

    folder: Path = model_folder(model)
    kind: EngineKind | Literal["auto"] = "auto" if model.engine == EngineChoice.AUTO else EngineKind(model.engine)
    return load_engine(folder, kind=kind, num_slots=model.num_slots, context_window=model.context_window)


class Runner:
    """Runs claimed generations on one engine. `run` is called by many threads; the relay is one."""

    def __init__(self, *, engine: Engine) -> None:
        self._engine = engine
        self._channel = StepChannel()
        self._sessions = SessionsUnderWay()
        self._writer = Writer()
        self._judging = JudgingThreads(wake=partial(self._channel.put, ()))
        self._handing_over = threading.Event()
        self._closed = threading.Event()
        self._relay_thread = threading.Thread(target=self._relay, name="relay", daemon=True)
        self._relay_thread.start()

    @property
    def is_handing_over(self) -> bool:
        return self._handing_over.is_set()

    def run(self, row: Generation) -> None:
        """Carry one claimed generation to its end, or to the point where another attempt took it."""
        try:
            start = log.take_over(
                generation_id=row.id,
                attempt=row.attempt,
                fallback_text=row.checkpoint_text,
                fallback_seq=row.checkpoint_seq,
                fallback_num_tokens=row.checkpoint_num_tokens,
            )
        except Fenced:
            logger.info("generation_fenced", generation_id=str(row.id), attempt=row.attempt)
            return
        session = self._session_open(row, start)
        connection.close()  # waiting holds no connection
        session.done.wait()

    def hand_over(self) -> None:
        """Give every generation back to the queue at once and let the waiting tasks end."""
        self._handing_over.set()

    def close(self) -> None:
        """Hand over, then stop the threads and the engine."""
        self.hand_over()
        for session in self._sessions.all():
            session.done.wait(timeout=5.0)
        self._closed.set()
        self._relay_thread.join(timeout=5.0)
        self._judging.close()
        self._writer.close()
        self._engine.close()

    # --- beginning -------------------------------------------------------------------------------------------------

    def _session_open(self, row: Generation, start: log.TakeOver) -> Session:
        session = session_open(row, start, lane=self._judging.lane())
        for overtaken in self._sessions.add(session):
            logger.warning("attempt_overtaken", generation_id=str(row.id), attempt=overtaken.attempt)
            self._give_up(overtaken)
        try:
            session_catch_up(session, start)
            self._begin(start, session)
        except (OperationalError, InterfaceError, RedisError, EngineClosed) as error:
            logger.warning("generation_not_begun", generation_id=str(row.id), error=str(error))
            self._session_hand_over(session)  # what is down now comes back: another attempt finds it
        except QueueFull as error:
            logger.info("generation_turned_away", generation_id=str(row.id), error=str(error))
            self._session_turn_away(session)
        except EngineError as error:
            logger.warning("generation_refused", generation_id=str(row.id), code=error.code)
            session.fail(error.code, error_details(error))
        except Exception:  # whatever failed, the person is told and the slot is free
            logger.exception("generation_not_begun", generation_id=str(row.id))
            session.fail("worker_error")
        return session

    def _begin(self, start: log.TakeOver, session: Session) -> None:
        row, ruleset = session.row, session.gate.ruleset
        session.told_before = told_before(row, shown_text=start.text, language=session.language)
        context = prompt_context(
            row,
            count_tokens=lambda messages: self._engine.count_prompt_tokens(chat_messages(messages)),
            context_window=self._engine.context_window,
        )
        report = ContextReport(
            num_messages=len(context.messages),
            num_prompt_tokens=context.num_prompt_tokens,
            context_window=self._engine.context_window,
            left_out_message_ids=context.left_out,
        )
        if not holding.generation_started(row=row, context=report, ruleset_version=ruleset.version, start=start):
            self._drop(session)
            return
        session.num_prompt_tokens = context.num_prompt_tokens
        refused = question_check(row, ruleset=ruleset, language=session.language, is_begun=bool(start.text))
        num_tokens_left = context.num_new_tokens - start.num_tokens
        if start.is_cancelled:
            self._record(session, session.finish(FinishReason.CANCELLED))
        elif refused is not None:
            session.refuse(refused.told, "" if start.text else refused.text)
        elif session.is_answered_by_operator:  # only the end is missing
            session.finish_reason = FinishReason.CONTENT_FILTER
        elif start.text and "prefix" not in self._engine.capabilities.parameters:
            session.fail("cannot_continue")
        elif num_tokens_left < 1:  # the earlier attempts wrote all that fits; only the end is missing
            session.usage = session.usage_of_all(num_new_tokens=0)
            self._record(session, session.finish(FinishReason.LENGTH))
        else:
            request = engine_request(
                session,
                context,
                prefix=start.text,
                max_new_tokens=num_tokens_left,
                parameters=self._engine.capabilities.parameters,
            )
            self._engine.submit(request, channel=self._channel)
            # The relay may have met a cancel, a fence or the hand-over before the engine knew the request.
            if session.is_cancelled or session.is_ending or session.done.is_set():
                self._engine.cancel(session.request_id)

    # --- relaying --------------------------------------------------------------------------------------------------

    def _relay(self) -> None:
        while not self._closed.is_set():
            outputs = self._channel.get(timeout_s=RENEW_S / 5)
            try:
                if self._handing_over.is_set():
                    self._sessions_hand_over()
                self._take(outputs)
                self._take_in()
                self._append()
                self._end_ready()
            except RedisError as error:
                # Nothing is lost: text stays pending, an unanswered append is repeated.
                logger.warning("event_log_unavailable", error=str(error))
                self._closed.wait(RENEW_S)

    def _take(self, outputs: Sequence[Output]) -> None:
        for output in outputs:
            session = self._sessions.get(output.request_id)
            if session is None or session.is_ending:
                continue
            if session.lane is None:
                self._guarded(session, partial(self._judge_now, session, output))
            else:
                take = partial(self._take_judged, session, output)
                self._judging.add(session.lane, session.request_id, partial(_judge, session, output), take)

    def _take_in(self) -> None:
        """Take in what was judged beside the relay."""
        for request_id, take in self._judging.done():
            if (session := self._sessions.get(request_id)) is not None:
                self._guarded(session, take)

    def _guarded(self, session: Session, step: Callable[[], None]) -> None:
        try:
            step()
        except Exception:  # one generation's failure is not the others'; what its gate holds never leaves
            logger.exception("generation_not_relayed", generation_id=str(session.generation_id))
            self._give_up(session)

    def _judge_now(self, session: Session, output: Output) -> None:
        self._take_judged(session, output, _judge(session, output))

    def _take_judged(self, session: Session, output: Output, judged: JudgedPiece) -> None:
        if session.is_ending:
            return
        if isinstance(output, Finish):
            self._take_finish(session, output, judged)
            return
        self._record(session, session.take(judged, num_tokens=output.num_tokens))
        if judged.blocked:
            self._engine.cancel(output.request_id)

    def _take_finish(self, session: Session, output: Finish, judged: JudgedPiece) -> None:
        session.usage = session.usage_of_all(num_new_tokens=output.usage.num_completion_tokens)
        session.timings = Timings(first_token_s=output.timings.first_token_s, total_s=output.timings.total_s)
        if output.error is not None:
            session.error_code, session.error_details = output.error.code, error_details(output.error)
        if output.finish_reason is EngineFinishReason.CANCELLED and not session.is_cancelled:
            if session.finish_reason is None:
                self._session_hand_over(session)  # the engine closes: another worker goes on
            return
        self._record(session, session.take_end(judged, FinishReason(output.finish_reason.value)))

    def _record(self, session: Session, settled: Settled | None) -> None:
        """Put a verdict on record; the session's text waits until it is committed."""
        if settled is None:
            return
        self._write(session, partial(self._record_write, session, settled))

    def _record_write(self, session: Session, settled: Settled) -> None:
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

    def _append(self) -> None:
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
            self._give_up(session)
            return
        session.append_answered(seq=appended.seq, now_s=now_s)
        if appended.answer is AppendAnswer.CANCELLED and not session.is_cancelled:
            session.is_cancelled = True
            self._engine.cancel(session.request_id)
        if now_s - session.checkpointed_at_s >= CHECKPOINT_S and not session.is_ending:
            session.checkpointed_at_s = now_s
            self._checkpoint(session)

    def _checkpoint(self, session: Session) -> None:
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

    # --- ending ----------------------------------------------------------------------------------------------------

    def _end_ready(self) -> None:
        for session in self._sessions.all():
            if session.is_ready_to_end:
                session.is_ending = True
                self._write(session, partial(self._end_write, session))

    def _end_write(self, session: Session) -> None:
        row = session.row
        ending = ending_of(session, is_title=row.kind == GenerationKind.TITLE)
        won = services.generation_end(generation_id=row.id, attempt=session.attempt, ending=ending, now=clock.now())
        if not won:
            services.stream_close_if_deleted(generation_id=row.id)
        logger.info(
            "generation_ended", generation_id=str(row.id), attempt=session.attempt, reason=ending.finish_reason, won=won
        )
        self._drop(session)

    def _sessions_hand_over(self) -> None:
        for session in self._sessions.all():
            if session.finish_reason is None and not session.is_ending:
                self._engine.cancel(session.request_id)
                self._session_hand_over(session)

    def _session_hand_over(self, session: Session) -> None:
        session.is_ending = True
        self._write(session, partial(self._hand_over_write, session))

    def _hand_over_write(self, session: Session) -> None:
        holding.generation_requeue(generation_id=session.generation_id, attempt=session.attempt)
        self._lease_release(session)
        logger.info("generation_handed_over", generation_id=str(session.generation_id), attempt=session.attempt)
        self._drop(session)

    def _session_turn_away(self, session: Session) -> None:
        session.is_ending = True
        self._write(session, partial(self._turn_away_write, session))

    def _turn_away_write(self, session: Session) -> None:
        holding.generation_turn_away(generation_id=session.generation_id, attempt=session.attempt)
        self._lease_release(session)
        self._drop(session)

    def _lease_release(self, session: Session) -> None:
        with contextlib.suppress(RedisError):
            log.lease_release(generation_id=session.generation_id, attempt=session.attempt)

    def _write(self, session: Session, write: Callable[[], object]) -> None:
        self._writer.write(write, alive=partial(self._is_open, session), refused=partial(self._give_up, session))

    def _give_up(self, session: Session) -> None:
        """Stop renewing: the lease runs out, and the reaper gives the generation to another attempt or fails it."""
        self._engine.cancel(session.request_id)
        self._drop(session)

    def _drop(self, session: Session) -> None:
        self._sessions.remove(session)
        session.done.set()

    def _is_open(self, session: Session) -> bool:
        return not session.done.is_set()


def _judge(session: Session, output: Output) -> JudgedPiece:
    """Pass an output through the session's gate, on whichever thread."""
    if isinstance(output, Finish):
        return session.judge.finish()
    return session.judge.feed(output.text, token_logprobs(output.logprobs))
