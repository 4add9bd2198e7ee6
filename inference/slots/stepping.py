"""
One step of the slot engine: schedule, run, postprocess.

Owns the requests between their submission and their Finish. Not thread-safe: whoever owns a Stepper calls it from one
thread (the engine's; a test's own). Knows neither threads nor queues of submissions.
"""

from collections import defaultdict
from collections.abc import Callable, Sequence
from itertools import islice, zip_longest

from inference.errors import EngineError, StepFailed
from inference.layers.segment import Segment
from inference.slots.forward import ForwardPass
from inference.slots.pace import PrefillPace
from inference.slots.scheduler import Scheduler, StepPlan
from inference.tokens.answer import Answer
from inference.tokens.choice import Choice, SamplingRow
from inference.tokens.job import Job
from inference.types import FinishReason, Output, StepChannel


class Stepper:
    def __init__(
        self, scheduler: Scheduler, forward: ForwardPass, *, pace: PrefillPace, clock: Callable[[], float]
    ) -> None:
        """clock: seconds, monotonic."""
        self._scheduler = scheduler
        self._forward = forward
        self._pace = pace
        self._clock = clock
        self._answers: dict[str, Answer] = {}
        self._outputs: defaultdict[StepChannel, list[Output]] = defaultdict(list)
        self.num_steps = 0
        self.num_generated_tokens = 0

    def step(self) -> bool:
        """Run one forward pass and give out what it made; False if there was nothing to run."""
        plan = self._scheduler.schedule(max_prefill_tokens=self._pace.budget(is_decoding=self._scheduler.is_decoding))
        if plan is None:
            return False
        plan = self._with_draft(plan)
        self.num_steps += 1
        began_s = self._clock()
        sampling = [segment for segment in plan.segments if segment.samples]
        try:
            chosen = self._forward.run(plan, [row for segment in sampling for row in self._sampling_rows(segment)])
        except Exception as failure:  # noqa: BLE001  # whatever a model raises ends its requests, never the engine
            self._fail(plan, failure)
        else:
            self._scheduler.advance(plan)
            self._postprocess(sampling, chosen)
            self._note_pace(plan, self._clock() - began_s)
        self._deliver()
        return True

    def add(self, answer: Answer) -> None:
        self._answers[answer.request.id] = answer
        self._scheduler.add(answer.job)

    def cancel(self, request_id: str) -> None:
        """End a request now, waiting, in prefill or decoding; unknown ids are ignored."""
        answer = self._answers.get(request_id)
        if answer is not None:
            self._scheduler.release(answer.job)
            self._end(answer, FinishReason.CANCELLED)
            self._deliver()

    def cancel_all(self) -> None:
        for request_id in list(self._answers):
            self.cancel(request_id)

    def holds(self, request_id: str) -> bool:
        return request_id in self._answers

    def _note_pace(self, plan: StepPlan, elapsed_s: float) -> None:
        if plan.decodes:
            num_prefill_tokens = sum(len(segment.tokens) for segment in plan.prefills)
            self._pace.note(num_prefill_tokens=num_prefill_tokens, elapsed_s=elapsed_s)

    def _with_draft(self, plan: StepPlan) -> StepPlan:
        """A stream that is alone leaves the processor waiting for memory: a few guesses ride along for less."""
        alone = plan.lone_decode
        draft = () if alone is None else self._answers[alone.job.request_id].draft()
        return plan.with_draft(draft) if draft else plan

    def _sampling_rows(self, segment: Segment) -> list[SamplingRow]:
        answer = self._answers[segment.job.request_id]
        return [answer.sampling_row(num_ahead=place) for place in range(segment.num_sampled)]

    def _postprocess(self, sampling: Sequence[Segment], chosen: Sequence[Choice | None]) -> None:
        now_s, choices = self._clock(), iter(chosen)
        for segment in sampling:
            guessed = segment.tokens[len(segment.tokens) - segment.num_drafted :]
            self._accept(segment.job, guessed, list(islice(choices, segment.num_sampled)), now_s=now_s)

    def _accept(self, job: Job, guessed: Sequence[int], choices: Sequence[Choice | None], *, now_s: float) -> None:
        """Take a segment's choices, up to the first that is not what was guessed: those behind it mean nothing."""
        answer = self._answers[job.request_id]
        for choice, guess in zip_longest(choices, guessed):
            if choice is None:
                self._end_failed(job, StepFailed.broken_logits())
                return
            self.num_generated_tokens += 1
            delta, reason = answer.accept(choice, now_s=now_s)
            if delta is not None:
                self._outputs[answer.channel].append(delta)
            if reason is not None:
                self._scheduler.release(job)
                self._end(answer, reason)
                return
            if choice.token_id != guess:
                return
            self._scheduler.confirm(job)

    def _fail(self, plan: StepPlan, failure: Exception) -> None:
        """End every request the plan touched: of their slots nothing is certain."""
        admitted = {admission.slot for admission in plan.admissions}
        touched = {segment.job.request_id: segment.job for segment in plan.segments}
        touched |= {job.request_id: job for job in self._scheduler.running if job.slot in admitted}
        for job in touched.values():
            self._end_failed(job, StepFailed.by(failure))

    def _end_failed(self, job: Job, error: EngineError) -> None:
        slot = self._scheduler.forget(job)
        if slot is not None:
            self._forward.cache.discard(slot)  # a NaN left there would reach whoever masks it
        self._end(self._answers[job.request_id], FinishReason.ERROR, error)

    def _end(self, answer: Answer, reason: FinishReason, error: EngineError | None = None) -> None:
        del self._answers[answer.request.id]
        self._outputs[answer.channel] += answer.finish(reason, now_s=self._clock(), error=error)

    def _deliver(self) -> None:
        """Give each channel what this step made for it, all requests in one batch."""
        for channel, outputs in self._outputs.items():
            channel.put(outputs)
        self._outputs = defaultdict(list)
