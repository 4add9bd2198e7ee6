"""Dry runs at work: what survives a death, one at a time, and the task that takes them on."""

from datetime import timedelta

import pytest

from chatapp.core import clock
from chatapp.moderation.judging.batch import BatchJudge
from chatapp.review.dry_runs import running
from chatapp.review.dry_runs.models import DryRun, DryRunScope
from chatapp.review.dry_runs.running import MAX_ATTEMPTS, DryRunLost, dry_run_claim, dry_runs_work
from chatapp.review.dry_runs.services import dry_run_start
from chatapp.review.dry_runs.tasks import dry_run
from tests.review.dry_runs.making import Killed, draft, killed_at_chunk, turns

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestADeath:
    @pytest.fixture(autouse=True)
    def _small_chunks(self, monkeypatch):
        monkeypatch.setattr(running, "CHUNK_MESSAGES", 2)

    @pytest.fixture
    def run(self, moderator, conversation):
        draft()
        turns(conversation, *["xyzzy", "ok"] * 5)
        return dry_run_start(author=moderator, scope=DryRunScope.EDITED)

    def test_costs_no_more_than_a_chunk(self, run):
        with pytest.raises(Killed):
            dry_runs_work(make_judge=killed_at_chunk(5))
        run.refresh_from_db()
        assert (run.state, run.num_judged) == ("running", 4)

        DryRun.objects.update(lease_until=clock.now() - timedelta(seconds=1))
        dry_runs_work()

        run.refresh_from_db()
        assert (run.state, run.num_judged, run.num_hit, run.attempt) == ("done", 10, 5, 2)
        assert run.samples.count() == 5

    def test_leaves_the_run_alone_until_its_lease_ran_out(self, run):
        with pytest.raises(Killed):
            dry_runs_work(make_judge=killed_at_chunk(5))

        assert dry_runs_work() == 0

    def test_fences_the_worker_that_was_believed_dead(self, run):
        late = dry_run_claim(now=clock.now())
        assert late is not None
        dry_run_claim(now=clock.now() + timedelta(minutes=5))

        with pytest.raises(DryRunLost):
            running._run(late, BatchJudge)

        run.refresh_from_db()
        assert (run.num_judged, run.attempt) == (0, 2)
        assert not run.samples.exists()

    def test_again_and_again_ends_the_run(self, run):
        DryRun.objects.update(attempt=MAX_ATTEMPTS)

        dry_runs_work()

        run.refresh_from_db()
        assert (run.state, run.error) == ("failed", "too_many_attempts")


class TestTwoDryRuns:
    def test_do_not_run_at_once(self, moderator, conversation):
        draft()
        turns(conversation, "a")
        first, second = (dry_run_start(author=moderator, scope=DryRunScope.EDITED) for _ in range(2))

        assert dry_run_claim(now=clock.now()).id == first.id
        assert dry_run_claim(now=clock.now()) is None

        DryRun.objects.filter(id=first.id).update(lease_until=clock.now() - timedelta(seconds=1))
        assert dry_runs_work() == 2
        second.refresh_from_db()
        assert second.state == "done"


class TestTheTask:
    def test_is_sent_when_the_question_is_stored(self, moderator, event_log, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        assert b"chatapp.review.dry_runs.tasks.dry_run" in event_log.lindex("default", 0)

    @pytest.mark.django_db(transaction=True)
    def test_runs_what_waits(self, moderator):
        run = dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        dry_run()

        run.refresh_from_db()
        assert run.state == "done"
