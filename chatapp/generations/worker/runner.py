"""
Runs claimed generations on one engine: begins each, and waits for its end.

Begins alone: what an engine's output becomes is the relay's, what is written to the database the records'.
"""

from functools import partial
from pathlib import Path
from typing import Literal, assert_never

import structlog
from django.db import InterfaceError, OperationalError, connection
from redis.exceptions import RedisError

from chatapp.catalog.engines import EngineChoice
from chatapp.catalog.models import ChatModel
from chatapp.catalog.selectors import model_folder
from chatapp.feed import log
from chatapp.feed.events import ContextReport
from chatapp.feed.log import Fenced
from chatapp.generations import holding
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.prompting.context import Context
from chatapp.generations.prompting.prompt import prompt_context
from chatapp.generations.worker.courses import (
    Answered,
    Ask,
    Cancelled,
    Course,
    Refused,
    Uncontinuable,
    Written,
    course_of,
)
from chatapp.generations.worker.earlier import told_before
from chatapp.generations.worker.engine_requests import chat_messages, engine_request, error_details
from chatapp.generations.worker.judging_threads import JudgingThreads
from chatapp.generations.worker.opening import session_catch_up, session_open
from chatapp.generations.worker.questions import question_check
from chatapp.generations.worker.records import Records
from chatapp.generations.worker.relay import Relay
from chatapp.generations.worker.session import Session
from chatapp.generations.worker.under_way import SessionsUnderWay
from inference.errors import EngineClosed, EngineError, QueueFull
from inference.types import Engine, EngineKind, StepChannel

logger = structlog.get_logger(__name__)


def engine_load(model: ChatModel) -> Engine:
    """Load a catalog row's weights into the engine that serves them: the one the row names, or the best there is."""
    from inference.engines.choosing import load_engine

    folder: Path = model_folder(model)
    kind: EngineKind | Literal["auto"] = "auto" if model.engine == EngineChoice.AUTO else EngineKind(model.engine)
    return load_engine(folder, kind=kind, num_slots=model.num_slots, context_window=model.context_window)


class Runner:
    """`run` is called by many threads."""

    def __init__(self, *, engine: Engine) -> None:
        self._engine = engine
        self._channel = StepChannel()
        self._sessions = SessionsUnderWay()
        self._records = Records(engine=engine, sessions=self._sessions)
        self._judging = JudgingThreads(wake=partial(self._channel.put, ()))
        self._relay = Relay(
            engine=engine,
            channel=self._channel,
            sessions=self._sessions,
            judging=self._judging,
            records=self._records,
        )

    @property
    def is_handing_over(self) -> bool:
        return self._relay.is_handing_over

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
        self._relay.hand_over()

    def close(self) -> None:
        """Hand over, then stop the threads and the engine."""
        self.hand_over()
        for session in self._sessions.all():
            session.done.wait(timeout=5.0)
        self._relay.close()
        self._judging.close()
        self._records.close()
        self._engine.close()

    def _session_open(self, row: Generation, start: log.TakeOver) -> Session:
        session = session_open(row, start, lane=self._judging.lane())
        for overtaken in self._sessions.add(session):
            logger.warning("attempt_overtaken", generation_id=str(row.id), attempt=overtaken.attempt)
            self._records.give_up(overtaken)
        try:
            session_catch_up(session, start)
            self._begin(start, session)
        except (OperationalError, InterfaceError, RedisError, EngineClosed) as error:
            logger.warning("generation_not_begun", generation_id=str(row.id), error=str(error))
            self._records.hand_over(session)  # what is down now comes back: another attempt finds it
        except QueueFull as error:
            logger.info("generation_turned_away", generation_id=str(row.id), error=str(error))
            self._records.turn_away(session)
        except EngineError as error:
            logger.warning("generation_refused", generation_id=str(row.id), code=error.code)
            session.fail(error.code, error_details(error))
        except Exception:  # whatever failed, the person is told and the slot is free
            logger.exception("generation_not_begun", generation_id=str(row.id))
            session.fail("worker_error")
        return session

    def _begin(self, start: log.TakeOver, session: Session) -> None:
        row, ruleset = session.row, session.gate.ruleset
        session.recall(told_before(row, shown_text=start.text, language=session.language))
        context = self._context(row)
        report = self._context_report(context)
        if not holding.generation_started(row=row, context=report, ruleset_version=ruleset.version, start=start):
            self._records.drop(session)
            return
        session.prompt_counted(context.num_prompt_tokens)
        course = course_of(
            start,
            refused=question_check(row, ruleset=ruleset, language=session.language, is_begun=bool(start.text)),
            is_answered_by_operator=session.is_answered_by_operator,
            num_new_tokens=context.num_new_tokens,
            parameters=self._engine.capabilities.parameters,
        )
        self._take_course(course, session, context, prefix=start.text)

    def _context(self, row: Generation) -> Context:
        return prompt_context(
            row,
            count_tokens=lambda messages: self._engine.count_prompt_tokens(chat_messages(messages)),
            context_window=self._engine.context_window,
        )

    def _context_report(self, context: Context) -> ContextReport:
        return ContextReport(
            num_messages=len(context.messages),
            num_prompt_tokens=context.num_prompt_tokens,
            context_window=self._engine.context_window,
            left_out_message_ids=context.left_out,
        )

    def _take_course(self, course: Course, session: Session, context: Context, *, prefix: str) -> None:
        match course:
            case Cancelled():
                self._records.settled(session, session.finish(FinishReason.CANCELLED))
            case Refused(told, text):
                session.refuse(told, text)
            case Answered():
                session.finish_answered()
            case Uncontinuable():
                session.fail("cannot_continue")
            case Written():
                session.engine_finished(num_new_tokens=0, timings=None)
                self._records.settled(session, session.finish(FinishReason.LENGTH))
            case Ask(max_new_tokens):
                self._ask(session, context, prefix=prefix, max_new_tokens=max_new_tokens)
            case _:
                assert_never(course)

    def _ask(self, session: Session, context: Context, *, prefix: str, max_new_tokens: int) -> None:
        request = engine_request(
            session,
            context,
            prefix=prefix,
            max_new_tokens=max_new_tokens,
            parameters=self._engine.capabilities.parameters,
        )
        self._engine.submit(request, channel=self._channel)
        # The relay may have met a cancel, a fence or the hand-over before the engine knew the request.
        if session.is_cancelled or session.is_ending or session.done.is_set():
            self._engine.cancel(session.request_id)
