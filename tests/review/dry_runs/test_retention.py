"""Dry runs that are forgotten, and what stays on record."""

from datetime import timedelta

import pytest

from chatapp.core import clock
from chatapp.review.dry_runs.models import DryRun, DryRunReading, DryRunSample, DryRunScope
from chatapp.review.dry_runs.retention import dry_runs_erase_expired
from chatapp.review.dry_runs.selectors import dry_run_samples_read
from chatapp.review.dry_runs.services import dry_run_start
from chatapp.review.evidence.retention import erase
from tests.review.dry_runs.making import draft, ran, turns
from tests.support.factories import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestForgettingDryRuns:
    def test_erases_with_its_samples_what_ended_as_long_ago_as_the_least_evidence_is_kept(
        self, moderator, conversation, settings
    ):
        settings.EVIDENCE_KEPT_DAYS = {1: 30, 2: 90, 3: 180, 4: 365}
        draft()
        turns(conversation, "say xyzzy")
        old, new = ran(moderator), ran(moderator)
        DryRun.objects.filter(id=old.id).update(finished_at=clock.now() - timedelta(days=31))

        assert dry_runs_erase_expired(now=clock.now()) == 1

        assert list(DryRun.objects.values_list("id", flat=True)) == [new.id]
        assert set(DryRunSample.objects.values_list("dry_run_id", flat=True)) == {new.id}

    def test_leaves_alone_what_is_not_over(self, moderator):
        dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        assert dry_runs_erase_expired(now=clock.now() + timedelta(days=400)) == 0

    @pytest.mark.django_db(transaction=True)
    def test_leaves_on_record_who_read_the_samples(self, conversation):
        draft()
        turns(conversation, "say xyzzy")
        run = ran(make_staff("moderator"))
        dry_run_samples_read(dry_run=run, rule_slug="spells", reader=make_staff("reviewer"))
        DryRun.objects.update(finished_at=clock.now() - timedelta(days=400))

        erase()

        assert not DryRun.objects.exists()
        assert DryRunReading.objects.get().dry_run_id == run.id
