"""
Decides what the next step computes: who gets a slot, whose prompt goes on, who decodes.

Owns the bookkeeping of slots: which tokens' keys and values each holds. Touches no tensor, no text and no clock;
everything here is integers, so every rule can be tested alone. Called by the engine's thread only.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from inference.layers.segment import Segment
from inference.tokens.job import Job, common_prefix_length
from inference.tokens.waiting import WaitingLine


@dataclass(eq=False, slots=True)
class Slot:
    """One row of the KV cache. `tokens` are those whose keys and values it holds while no job runs in it."""

    index: int
    tokens: list[int] = field(default_factory=list)
    cache_scope: str = ""
    num_shared: int = 0
    job: Job | None = None
    last_used: int = 0  # number of the step that last used it

    @property
    def held_length(self) -> int:
        return len(self.tokens) if self.job is None else self.job.num_computed

    def held_tokens(self) -> Sequence[int]:
        return self.tokens if self.job is None else self.job.tokens[: self.job.num_computed]


@dataclass(frozen=True, slots=True)
class Admission:
    """A job enters a slot: its first `num_cached` tokens are there or are copied from slot `source`."""

    slot: int
    source: int
    num_cached: int


@dataclass(frozen=True, slots=True)
class StepPlan:
    """One forward pass: slots to set up first, then all segments in one batch, decoding ones first and by slot."""

    admissions: tuple[Admission, ...]
    evicted: tuple[int, ...]  # slots whose memory can be given back
    decodes: tuple[Segment, ...]
    prefills: tuple[Segment, ...]

    @property
    def segments(self) -> tuple[Segment, ...]:
        return self.decodes + self.prefills

    @property
    def lone_decode(self) -> Segment | None:
        """The only thing this step computes, if that is one stream's next token."""
        return self.decodes[0] if len(self.decodes) == 1 and not self.prefills else None

    def with_draft(self, draft: tuple[int, ...]) -> "StepPlan":
        """
        Return the plan with guessed tokens behind the lone stream's last, computed as a chunk.

        :raises ValueError: if there is no lone stream.
        """
        decode = self.lone_decode
        if decode is None:
            raise ValueError("only a stream that decodes alone has room for a draft")
        chunk = replace(decode, tokens=decode.tokens + draft, num_drafted=len(draft))
        return replace(self, decodes=(), prefills=(chunk,))


class Scheduler:
    """
    First come first served within a priority; prompts in chunks of `max_prefill_tokens` a step, decoding always.

    max_cached_tokens: the room of all slots together; a job reserves its `max_tokens` of it for as long as it runs, so
    no running job can ever lack room, and idle slots give theirs up, the longest unused first.
    """

    def __init__(self, *, num_slots: int, max_cached_tokens: int, max_prefill_tokens: int) -> None:
        self.slots = [Slot(index) for index in range(num_slots)]
        self.waiting: WaitingLine[Job] = WaitingLine()
        self._max_cached_tokens = max_cached_tokens
        self._max_prefill_tokens = max_prefill_tokens
        self._num_plans = 0

    @property
    def running(self) -> list[Job]:
        return [slot.job for slot in self.slots if slot.job is not None]

    @property
    def num_cached_tokens(self) -> int:
        return sum(slot.held_length for slot in self.slots)

    def add(self, job: Job) -> None:
        """Queue a job behind all of its priority."""
        self.waiting.add(job)

    @property
    def is_decoding(self) -> bool:
        """Whether some stream waits for its next token while prompts are computed."""
        return any(job.is_decoding for job in self.running)

    def schedule(self, *, max_prefill_tokens: int | None = None) -> StepPlan | None:
        """Admit what fits and return the next step's work, or None when there is none; prompts get at most so much."""
        self._num_plans += 1
        admissions, evicted = self._admit()
        decodes = tuple(_segment(slot.job, 1) for slot in self.slots if slot.job and slot.job.is_decoding)
        prefills = tuple(self._prefill_chunks(max_prefill_tokens or self._max_prefill_tokens))
        if not decodes and not prefills:
            return None
        return StepPlan(tuple(admissions), tuple(evicted), decodes, prefills)

    def advance(self, plan: StepPlan) -> None:
        """Record that the keys and values of the plan's segments are now in their slots; of guesses, not yet."""
        for segment in plan.segments:
            segment.job.num_computed += len(segment.tokens) - segment.num_drafted

    def confirm(self, job: Job) -> None:
        """A guessed token is what was chosen: its keys and values, next in the slot, are the job's."""
        job.num_computed += 1

    def release(self, job: Job) -> None:
        """End a job. Its slot keeps what was computed, for a later prompt that begins alike."""
        if job.slot is None:
            self.waiting.remove(job.request_id)
            return
        slot = self.slots[job.slot]
        slot.tokens, slot.cache_scope = job.tokens[: job.num_computed], job.cache_scope
        slot.num_shared = min(job.num_shared, job.num_computed)
        slot.job, slot.last_used, job.slot = None, self._num_plans, None

    def forget(self, job: Job) -> int | None:
        """End a job whose slot holds nothing to rely on; return that slot, None if it had none yet."""
        slot = job.slot
        self.release(job)
        if slot is not None:
            self.slots[slot].tokens = []
        return slot

    def _prefill_chunks(self, room: int) -> Iterable[Segment]:
        unfinished = [job for job in self.running if not job.is_decoding]
        # The nearest to its first token goes first: short prompts do not wait behind a long one.
        for job in sorted(unfinished, key=lambda job: (job.priority, len(job.tokens) - job.num_computed)):
            if room == 0:
                return
            segment = _segment(job, min(room, len(job.tokens) - job.num_computed))
            room -= len(segment.tokens)
            yield segment

    def _admit(self) -> tuple[list[Admission], list[int]]:
        admissions: list[Admission] = []
        evicted: list[int] = []
        while (job := self.waiting.first()) is not None and any(slot.job is None for slot in self.slots):
            common = [self._common_length(job, slot) for slot in self.slots]
            target = self._choose_slot(common)
            if not self._make_room(job.max_tokens, keep=target, evicted=evicted):
                break
            self.waiting.take_first()
            admissions.append(self._enter(job, target, common))
        return admissions, evicted

    def _enter(self, job: Job, target: Slot, common: Sequence[int]) -> Admission:
        # An evicted slot holds nothing any more, whatever it had in common.
        usable = [length if slot.held_length else 0 for slot, length in zip(self.slots, common, strict=True)]
        source = max(self.slots, key=lambda slot: (usable[slot.index], slot is target))
        job.num_cached = job.num_computed = usable[source.index]
        job.slot, target.job, target.tokens, target.last_used = target.index, job, [], self._num_plans
        return Admission(slot=target.index, source=source.index, num_cached=job.num_cached)

    def _choose_slot(self, common: Sequence[int]) -> Slot:
        """
        Choose an idle slot: the one whose conversation this prompt goes on, else an empty one, else the longest unused.

        common: for each slot, the tokens that it has in common with the prompt. Going on means that at least half of
        what the slot holds is used again. Where less is, the prefix is copied into another slot instead (a few ms per
        1,000 tokens; computing them takes hundreds).
        """
        idle = [slot for slot in self.slots if slot.job is None]
        best = max(idle, key=lambda slot: common[slot.index])
        if best.tokens and 2 * common[best.index] >= len(best.tokens):
            return best
        return min(idle, key=lambda slot: (bool(slot.tokens), slot.last_used, slot.index))

    def _make_room(self, num_tokens: int, *, keep: Slot, evicted: list[int]) -> bool:
        """Evict idle slots until `num_tokens` fit beside what runs; False (and nothing evicted) if they cannot."""
        reserved = sum(job.max_tokens for job in self.running)
        if reserved + num_tokens > self._max_cached_tokens:
            return False
        idle = [slot for slot in self.slots if slot.job is None and slot is not keep and slot.tokens]
        excess = reserved + num_tokens + sum(len(slot.tokens) for slot in idle) - self._max_cached_tokens
        for slot in sorted(idle, key=lambda slot: slot.last_used):
            if excess <= 0:
                break
            excess -= len(slot.tokens)
            slot.tokens = []
            evicted.append(slot.index)
        return True

    def _common_length(self, job: Job, slot: Slot) -> int:
        """Tokens at the job's beginning that the slot holds and the job may use; at least its last is left out."""
        held = slot.held_tokens()
        limit = min(len(held), len(job.tokens) - 1)
        owner = slot if slot.job is None else slot.job
        if owner.cache_scope != job.cache_scope:
            limit = min(limit, owner.num_shared, job.num_shared)
        return common_prefix_length(job.tokens, held, limit)


def _segment(job: Job, num_tokens: int) -> Segment:
    if job.slot is None:
        raise ValueError(f"{job.request_id} has no slot, so nothing of it can be computed")
    end = job.num_computed + num_tokens
    return Segment(
        job=job,
        slot=job.slot,
        start=job.num_computed,
        tokens=tuple(job.tokens[job.num_computed : end]),
        samples=end == len(job.tokens),
    )
