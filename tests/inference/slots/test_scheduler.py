import pytest
from hypothesis import given
from hypothesis import strategies as st

from inference.slots.scheduler import Scheduler, StepPlan
from inference.tokens.job import Job, common_prefix_length


def _scheduler(*, num_slots: int = 2, max_cached_tokens: int = 1_000, max_prefill_tokens: int = 100) -> Scheduler:
    return Scheduler(num_slots=num_slots, max_cached_tokens=max_cached_tokens, max_prefill_tokens=max_prefill_tokens)


def _job(request_id: str, num_tokens: int = 10, *, tokens=None, max_tokens: int = 50, **fields) -> Job:
    first = sum(map(ord, request_id)) * 1_000
    return Job(request_id, list(tokens or range(first, first + num_tokens)), max_tokens=max_tokens, **fields)


def _step(scheduler: Scheduler) -> StepPlan:
    """Schedule, pretend to compute, and give every job that samples the token 7."""
    plan = scheduler.schedule()
    assert plan is not None
    scheduler.advance(plan)
    for segment in plan.segments:
        if segment.samples:
            segment.job.tokens.append(7)
    return plan


def _run_and_release(scheduler: Scheduler, job: Job, *, num_steps: int = 1) -> None:
    scheduler.add(job)
    for _ in range(num_steps):
        _step(scheduler)
    scheduler.release(job)


class TestSchedule:
    def test_says_when_there_is_nothing_to_do(self):
        assert _scheduler().schedule() is None

    def test_computes_several_short_prompts_in_one_step(self):
        scheduler = _scheduler(num_slots=4)
        for name in "abcd":
            scheduler.add(_job(name, 20))

        plan = _step(scheduler)

        assert [segment.samples for segment in plan.prefills] == [True] * 4
        assert len(_step(scheduler).decodes) == 4

    def test_decodes_running_jobs_between_two_chunks_of_a_long_prompt(self):
        scheduler = _scheduler()
        scheduler.add(_job("short", 5))
        _step(scheduler)
        scheduler.add(_job("long", 250, max_tokens=300))

        plans = [_step(scheduler) for _ in range(3)]

        assert [[segment.job.request_id for segment in plan.decodes] for plan in plans] == [["short"]] * 3
        assert [len(plan.prefills[0].tokens) for plan in plans] == [100, 100, 50]
        assert [plan.prefills[0].samples for plan in plans] == [False, False, True]

    def test_lets_a_short_prompt_pass_a_long_one_in_prefill(self):
        scheduler = _scheduler()
        scheduler.add(_job("long", 250, max_tokens=300))
        _step(scheduler)
        scheduler.add(_job("short", 5))

        assert [segment.job.request_id for segment in _step(scheduler).prefills] == ["short", "long"]

    def test_serves_lower_priority_numbers_first_and_equals_in_order(self):
        scheduler = _scheduler(num_slots=1)
        for name, priority in (("a", 1), ("b", 1), ("c", 0)):
            scheduler.add(_job(name, priority=priority))

        served = []
        for _ in range(3):
            [segment] = _step(scheduler).segments
            served.append(segment.job.request_id)
            scheduler.release(segment.job)

        assert served == ["c", "a", "b"]


class TestAdmission:
    def test_reuses_what_a_slot_holds_of_the_same_conversation(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a", tokens=range(20)), num_steps=3)
        scheduler.add(_job("b", tokens=[*range(20), 7, 7, 99, 98]))

        plan = _step(scheduler)

        assert plan.admissions[0].source == plan.admissions[0].slot == 0
        assert plan.segments[0].start == 22
        assert plan.segments[0].tokens == (99, 98)
        assert plan.segments[0].job.num_cached == 22

    def test_computes_the_last_token_even_if_all_are_held(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a", tokens=range(20)))
        scheduler.add(_job("b", tokens=range(20)))

        assert _step(scheduler).segments[0].tokens == (19,)

    def test_copies_a_prefix_rather_than_destroying_a_longer_conversation(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a", tokens=range(100), max_tokens=200))
        scheduler.add(_job("b", tokens=[*range(30), 500, 501]))

        [admission] = _step(scheduler).admissions

        assert (admission.source, admission.slot, admission.num_cached) == (0, 1, 30)
        assert scheduler.slots[0].tokens == list(range(100))

    def test_copies_from_a_running_job(self):
        scheduler = _scheduler()
        scheduler.add(_job("a", tokens=range(40)))
        _step(scheduler)
        scheduler.add(_job("b", tokens=range(40)))

        [admission] = _step(scheduler).admissions

        assert (admission.source, admission.slot, admission.num_cached) == (0, 1, 39)

    def test_never_reuses_across_scopes(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a", tokens=range(20), cache_scope="alice"))
        scheduler.add(_job("b", tokens=range(20), cache_scope="bob"))

        assert _step(scheduler).segments[0].start == 0

    def test_gives_up_the_longest_unused_slot_first(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a"))
        _run_and_release(scheduler, _job("b"))
        scheduler.add(_job("c"))

        assert _step(scheduler).segments[0].slot == 0

    def test_evicts_idle_slots_when_all_together_hold_too_much(self):
        scheduler = _scheduler(num_slots=3, max_cached_tokens=100)
        _run_and_release(scheduler, _job("a", 30))
        _run_and_release(scheduler, _job("b", 30))
        scheduler.add(_job("c", 30, max_tokens=60))

        plan = _step(scheduler)

        assert plan.evicted == (0,)
        assert scheduler.num_cached_tokens <= 100

    def test_waits_until_running_jobs_leave_room(self):
        scheduler = _scheduler(max_cached_tokens=100)
        first, second = _job("a", max_tokens=60), _job("b", max_tokens=60)
        scheduler.add(first)
        scheduler.add(second)

        assert {segment.job for segment in _step(scheduler).segments} == {first}
        scheduler.release(first)
        assert {segment.job for segment in _step(scheduler).segments} == {second}


class TestForget:
    def test_leaves_nothing_to_reuse(self):
        scheduler = _scheduler()
        job = _job("a", tokens=range(20))
        scheduler.add(job)
        _step(scheduler)

        assert scheduler.forget(job) == 0
        scheduler.add(_job("b", tokens=range(20)))
        assert _step(scheduler).segments[0].start == 0


class TestSharedPrefix:
    def test_is_reused_in_every_scope_and_nothing_after_it(self):
        scheduler = _scheduler()
        public, own = list(range(20)), list(range(100, 110))
        _run_and_release(scheduler, _job("a", tokens=[*public, *own], cache_scope="alice", num_shared=20))

        scheduler.add(_job("b", tokens=[*public, *own, 5], cache_scope="bob", num_shared=20))
        plan = scheduler.schedule()

        assert plan is not None
        assert plan.admissions[0].num_cached == 20

    def test_must_be_shared_on_both_sides(self):
        scheduler = _scheduler()
        _run_and_release(scheduler, _job("a", tokens=range(30), cache_scope="alice", num_shared=0))

        scheduler.add(_job("b", tokens=range(31), cache_scope="bob", num_shared=20))
        plan = scheduler.schedule()

        assert plan is not None
        assert plan.admissions[0].num_cached == 0


class TestCommonPrefixLength:
    @given(
        left=st.lists(st.integers(0, 2), max_size=30),
        right=st.lists(st.integers(0, 2), max_size=30),
        cut=st.integers(0, 30),
    )
    def test_counts_equal_tokens_up_to_the_limit(self, left, right, cut):
        limit = min(cut, len(left), len(right))
        differing = [place for place in range(limit) if left[place] != right[place]]

        assert common_prefix_length(left, right, limit) == (differing[0] if differing else limit)


class TestADraft:
    def test_is_computed_behind_the_lone_streams_last_token_and_counts_only_once_confirmed(self):
        scheduler = _scheduler()
        job = _job("a", tokens=[1, 2, 3])
        scheduler.add(job)
        _step(scheduler)

        plan = scheduler.schedule()
        assert plan is not None
        scheduler.advance(plan.with_draft((5, 6)))
        before = job.num_computed
        scheduler.confirm(job)

        [segment] = plan.with_draft((5, 6)).segments
        assert (segment.start, segment.tokens, segment.num_sampled) == (3, (7, 5, 6), 3)
        assert (before, job.num_computed) == (4, 5)

    def test_is_refused_beside_another_stream(self):
        scheduler = _scheduler()
        for name in ("a", "b"):
            scheduler.add(_job(name))

        plan = scheduler.schedule()

        assert plan is not None
        assert plan.lone_decode is None
        with pytest.raises(ValueError, match="alone"):
            plan.with_draft((5,))
