"""
One attempt at one generation inside the worker, between the engine and the event log. Pure but for what it holds.

Owns the gate, the text on its way and what was learnt about the end. Performs no append, no write and no cancel: it
says what is due, relay and records do it.
"""

import threading
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from chatapp.feed.events import Timings, TokenLogprob, Usage
from chatapp.feed.log import Append
from chatapp.generations.models import FinishReason, Generation
from chatapp.generations.notices import Told
from chatapp.generations.safe_completions import rest_of_answer
from chatapp.generations.worker.text_judge import JudgedPiece, TextJudge
from chatapp.moderation.judging.gate import OutputGate
from chatapp.moderation.judging.lanes import Lane
from chatapp.moderation.judging.verdict import Action, Stage, Verdict


@dataclass(frozen=True, slots=True)
class Settled:
    """A verdict to put on record before the text it let out may leave, and the text it kept back."""

    verdict: Verdict
    withheld_text: str
    latency_us: int


@dataclass
class Session:
    """
    `text` and `seq` are what the event log has; `unanswered` was sent; `pending` comes next.

    row: as it was claimed. judge: what the text goes through. language: the person's. told_before: by earlier
    attempts, or of the question. num_tokens: all that were generated so far, those of earlier attempts included.
    """

    row: Generation
    judge: TextJudge
    text: str
    seq: int
    language: str = "en"
    lane: Lane | None = None  # where its text is judged if a rule asks what does not answer at once, beside the relay
    told_before: Told | None = None
    num_prompt_tokens: int = 0
    num_earlier_tokens: int = 0  # of the attempts before this one
    num_tokens: int = 0
    num_logged_tokens: int = 0  # what `text` took
    pending: str = ""
    pending_logprobs: tuple[TokenLogprob, ...] = ()
    unanswered: Append | None = None
    appended_at_s: float = 0.0
    checkpointed_at_s: float = 0.0
    num_verdicts: int = 0  # handed to the writer; counted by the relay thread alone
    num_recorded: int = 0  # committed; counted by the writer thread alone
    finish_reason: FinishReason | None = None
    error_code: str | None = None
    error_details: dict[str, Any] | None = None
    usage: Usage | None = None
    timings: Timings | None = None
    is_cancelled: bool = False
    is_ending: bool = False  # the writer has the end
    done: threading.Event = field(default_factory=threading.Event)

    @property
    def gate(self) -> OutputGate:
        return self.judge.gate

    @property
    def generation_id(self) -> UUID:
        return self.row.id

    @property
    def attempt(self) -> int:
        return self.row.attempt

    @property
    def request_id(self) -> str:
        """What the engine knows it by: of the attempt, for one worker may hold two at the same generation."""
        return f"{self.row.id}:{self.row.attempt}"

    def take(self, judged: JudgedPiece, *, num_tokens: int = 0) -> Settled | None:
        """Generated text that was judged; a block or a safe completion ends the generation."""
        if self.finish_reason is not None:
            return None
        self.num_tokens += num_tokens
        if judged.blocked:
            self.finish_reason = FinishReason.CONTENT_FILTER
        return self._settled(judged)

    def recall(self, told: Told | None) -> None:
        """What earlier attempts told the person: it belongs to the end, whatever becomes of this attempt."""
        self.told_before = told

    def prompt_counted(self, num_prompt_tokens: int) -> None:
        """What the model is given."""
        self.num_prompt_tokens = num_prompt_tokens

    def fail(self, code: str, details: dict[str, Any] | None = None) -> None:
        """The engine never took it: what was shown stays."""
        self.error_code, self.error_details, self.finish_reason = code, details, FinishReason.ERROR

    def cancel(self) -> bool:
        """Whether that is news: the engine has to hear of it once."""
        is_news, self.is_cancelled = not self.is_cancelled, True
        return is_news

    def engine_finished(self, *, num_new_tokens: int, timings: Timings | None) -> None:
        """num_new_tokens: of this attempt; what is kept is what all attempts used."""
        num_completion_tokens = self.num_earlier_tokens + num_new_tokens
        self.usage = Usage(num_prompt_tokens=self.num_prompt_tokens, num_completion_tokens=num_completion_tokens)
        self.timings = timings

    def engine_failed(self, code: str, details: dict[str, Any] | None) -> None:
        """The engine gave up on the answer; its end follows."""
        self.error_code, self.error_details = code, details

    def finish_answered(self) -> None:
        """The operator's answer is there: only the end is missing."""
        self.finish_reason = FinishReason.CONTENT_FILTER

    def finish(self, reason: FinishReason) -> Settled | None:
        """The text is over: settle what was open and let the rest out. After a block nothing changes."""
        return None if self.finish_reason else self.take_end(self.judge.finish(), reason)

    def take_end(self, judged: JudgedPiece, reason: FinishReason) -> Settled | None:
        """The end, judged."""
        if self.finish_reason is not None:
            return None
        self.finish_reason = FinishReason.CONTENT_FILTER if judged.blocked else reason
        return self._settled(judged)

    def refuse(self, told: Told, text: str) -> None:
        """The model does not answer the question; text: the operator's answer, what of it is not on screens yet."""
        self.told_before, self.pending = told, text
        self.finish_reason = FinishReason.CONTENT_FILTER  # last: the relay sees each of them alone

    def _settled(self, judged: JudgedPiece) -> Settled | None:
        step = judged.step
        self.pending += step.released
        if judged.blocked:
            self.pending += self._safe_completion()
        self.pending_logprobs += judged.logprobs
        if step.verdict is None:
            return None
        self.num_verdicts += 1
        return Settled(step.verdict, step.withheld_text, judged.latency_us)

    def _safe_completion(self) -> str:
        """The operator's words as the rest of an answer that a rule for that ended; of a title nothing is left."""
        match = self.gate.verdict.safe_completion
        if match is None or self.gate.stage is not Stage.OUTPUT:
            return ""
        is_begun = bool(self.text or self.unanswered or self.pending)
        return rest_of_answer(self.gate.ruleset, match, language=self.language, is_begun=is_begun)

    @property
    def is_answered_by_operator(self) -> bool:
        """An earlier attempt gave the operator's answer and did not come to write the end."""
        return self.told_before is not None and self.told_before.match.action is Action.SAFE_COMPLETION

    @property
    def num_unrecorded(self) -> int:
        """Verdicts that are not committed yet; their text waits."""
        return self.num_verdicts - self.num_recorded

    def append_due(self, *, now_s: float, renew_s: float) -> Append | None:
        """
        What goes into the next pipeline: an unanswered append again, or new text, or a renewal of the lease.

        Text waits while a verdict on it is not on record; the lease does not.
        """
        if self.unanswered is None and self.pending and not self.num_unrecorded:
            logprobs = None if self.judge.trail is None else self.pending_logprobs
            self.unanswered = Append(
                self.generation_id, self.attempt, self.seq, self.pending, self.num_tokens, logprobs
            )
            self.pending, self.pending_logprobs = "", ()
        if self.unanswered is None and now_s - self.appended_at_s < renew_s:
            return None
        return self.unanswered or Append(self.generation_id, self.attempt, self.seq, "")

    def append_answered(self, *, seq: int, now_s: float) -> None:
        if self.unanswered is not None:
            self.text += self.unanswered.text
            self.num_logged_tokens = self.unanswered.num_tokens
        self.unanswered, self.seq, self.appended_at_s = None, seq, now_s

    def checkpoint_due(self, *, now_s: float, every_s: float) -> bool:
        """Whether the database's copy is to be refreshed now; then it counts as done."""
        is_due = now_s - self.checkpointed_at_s >= every_s and not self.is_ending
        if is_due:
            self.checkpointed_at_s = now_s
        return is_due

    @property
    def is_ready_to_end(self) -> bool:
        """The end is known and everything released is in the event log."""
        everything_out = not self.pending and self.unanswered is None and not self.num_unrecorded
        return self.finish_reason is not None and everything_out and not self.is_ending
