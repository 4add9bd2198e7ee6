"""
The text side of one request: tokens in, deltas and the end out.

Owns detokenising, stop strings, healing, limits and the request's timings. Knows no tensor and no slot.
"""

from inference.errors import EngineError
from inference.tokens.choice import Choice, SamplingRow, penalises
from inference.tokens.detokenizer import Detokenizer
from inference.tokens.healing import SpellingConstraint
from inference.tokens.job import Job
from inference.tokens.logprobs import PendingLogprobs
from inference.tokens.prompts import EncodedPrompt
from inference.tokens.speculation import Drafter
from inference.tokens.stop_strings import StopStringFilter
from inference.tokens.vocabulary import Vocabulary
from inference.types import Delta, Finish, FinishReason, GenerationRequest, Output, StepChannel, Timings, Usage


class Answer:
    """
    One request from its submission to its Finish.

    The tokens that only respell a cut prefix count neither as completion tokens nor towards max_new_tokens.
    """

    def __init__(
        self,
        request: GenerationRequest,
        prompt: EncodedPrompt,
        *,
        vocabulary: Vocabulary,
        end_ids: frozenset[int],
        context_window: int,
        seed: int,
        channel: StepChannel,
        submitted_at_s: float,
    ) -> None:
        self.request = request
        self.channel = channel
        self._seed = seed
        self._end_ids = end_ids
        self._num_prompt_tokens = len(prompt.token_ids)
        self._num_answer_tokens = prompt.num_answer_tokens
        self._constraint = SpellingConstraint(prompt.dropped, vocabulary)
        self._detokenizer = Detokenizer(vocabulary, continues=bool(request.prefix))
        self._stop_strings = StopStringFilter(request.sampling.stop)
        self._logprobs = PendingLogprobs(vocabulary)
        self._drafter = Drafter()
        self._num_completion_tokens = 0
        self._num_undelivered_tokens = 0
        self._submitted_at_s = submitted_at_s
        self._first_token_at_s: float | None = None
        self.job = Job(
            request_id=request.id,
            tokens=list(prompt.token_ids),
            max_tokens=min(
                context_window, len(prompt.token_ids) + len(prompt.dropped) + request.sampling.max_new_tokens
            ),
            priority=request.priority,
            cache_scope=request.cache_scope,
            num_shared=prompt.num_shared_tokens,
        )

    @property
    def request_id(self) -> str:
        return self.request.id

    @property
    def priority(self) -> int:
        return self.request.priority

    @property
    def prompt_ids(self) -> list[int]:
        return self.job.tokens[: self._num_prompt_tokens - self._num_answer_tokens]

    @property
    def answer_ids(self) -> list[int]:
        """Tokens of the answer so far, those of a prefix included."""
        return self.job.tokens[self._num_prompt_tokens - self._num_answer_tokens :]

    def draft(self) -> tuple[int, ...]:
        """Guess the next tokens; none where a choice would depend on more than the logits at its place."""
        if penalises(self.request.sampling) or not self._constraint.is_met:
            return ()
        # The guesses need room in the slot, and what is chosen after the last of them is one token more.
        room = self.job.max_tokens - len(self.job.tokens) - 1
        return self._drafter.draft(self.job.tokens, max_tokens=room) if room > 0 else ()

    def sampling_row(self, *, num_ahead: int = 0) -> SamplingRow:
        """Return what decides the next token beside the logits, or the one that many guesses later."""
        is_read = penalises(self.request.sampling)
        return SamplingRow(
            parameters=self.request.sampling,
            seed=self._seed,
            position=len(self.job.tokens) + num_ahead,
            prompt_ids=self.prompt_ids if is_read else (),
            generated_ids=self.answer_ids if is_read else (),
            allowed_ids=self._constraint.allowed_ids(),
        )

    def accept(self, choice: Choice, *, now_s: float) -> tuple[Delta | None, FinishReason | None]:
        """Take the chosen token; return the text it gives out, and why the answer ends if it does."""
        token_id = choice.token_id
        if self._first_token_at_s is None:
            self._first_token_at_s = now_s
        was_respelling = not self._constraint.is_met
        self.job.tokens.append(token_id)
        if token_id in self._end_ids:
            self._count_token()
            return None, FinishReason.STOP
        beyond = self._constraint.accept(token_id)
        if not was_respelling or beyond:
            self._count_token()
        text = self._detokenizer.push_bytes(beyond)
        # What only spells again stood there before: its log-probability is not of the text that comes now.
        told = Choice(token_id) if was_respelling else choice
        self._logprobs.push(told, text, is_unfinished=self._detokenizer.is_unfinished)
        return self._delta(self._stop_strings.push(text)), self._reason_to_end()

    def finish(self, reason: FinishReason, *, now_s: float, error: EngineError | None = None) -> list[Output]:
        """Return the last outputs: text still held back, if the answer ended of itself, and the Finish."""
        outputs: list[Output] = []
        if reason in (FinishReason.STOP, FinishReason.LENGTH) and not self._stop_strings.is_stopped:
            tail = self._stop_strings.push(self._detokenizer.finish()) + self._stop_strings.finish()
            outputs += [delta for delta in (self._delta(tail),) if delta]
        first_token_s = None if self._first_token_at_s is None else self._first_token_at_s - self._submitted_at_s
        outputs.append(
            Finish(
                request_id=self.request.id,
                finish_reason=reason,
                usage=Usage(self._num_prompt_tokens, self._num_completion_tokens, self.job.num_cached),
                timings=Timings(first_token_s=first_token_s, total_s=now_s - self._submitted_at_s),
                error=error,
            )
        )
        return outputs

    def _count_token(self) -> None:
        self._num_completion_tokens += 1
        self._num_undelivered_tokens += 1

    def _delta(self, text: str) -> Delta | None:
        if not text:
            return None
        num_tokens, self._num_undelivered_tokens = self._num_undelivered_tokens, 0
        return Delta(self.request.id, text, num_tokens, self._logprobs.given_out(text))

    def _reason_to_end(self) -> FinishReason | None:
        if self._stop_strings.is_stopped:
            return FinishReason.STOP
        if self._num_completion_tokens >= self.request.sampling.max_new_tokens:
            return FinishReason.LENGTH
        return FinishReason.LENGTH if len(self.job.tokens) >= self.job.max_tokens else None
