"""Dry runs asked for and called off: who may, of which rules."""

import pytest

from chatapp.moderation import models as moderation
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.rules.services import rule_move
from chatapp.review.dry_runs import running
from chatapp.review.dry_runs.models import DryRun, DryRunScope
from chatapp.review.dry_runs.running import dry_runs_work
from chatapp.review.dry_runs.scope import rules_asked, rules_digest
from chatapp.review.dry_runs.services import dry_run_cancel, dry_run_start
from chatapp.review.errors import DryRunForbidden, DryRunNothingToCancel, DryRunRulesUnusable, DryRunUnlimited
from tests.review.dry_runs.making import draft, meanwhile, ran, turns
from tests.support.factories import make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestDryRunStart:
    @pytest.mark.parametrize("groups", [(), ("reviewer",)])
    def test_is_for_moderators(self, groups):
        with pytest.raises(DryRunForbidden):
            dry_run_start(author=make_staff(*groups), scope=DryRunScope.NEXT)

    def test_refuses_a_rule_that_could_not_be_published(self, moderator):
        draft("", slug="empty")

        with pytest.raises(DryRunRulesUnusable) as refusal:
            dry_run_start(author=moderator, scope=DryRunScope.EDITED)

        assert refusal.value.details == {"rule": "empty", "problems": ["words_missing"]}
        assert not DryRun.objects.exists()

    def test_refuses_a_rule_that_is_not_there(self, moderator):
        with pytest.raises(DryRunRulesUnusable):
            dry_run_start(author=moderator, scope=DryRunScope.RULE, rule_slug="nobody")

    def test_refuses_to_run_over_everything_by_accident(self, moderator):
        with pytest.raises(DryRunUnlimited):
            dry_run_start(author=moderator, scope=DryRunScope.NEXT, num_days=None)


class TestDryRunCancel:
    def test_ends_one_that_waits_at_once(self, moderator):
        run = dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        dry_run_cancel(dry_run_id=run.id, author=moderator)

        run.refresh_from_db()
        assert run.state == "cancelled"
        assert dry_runs_work() == 0

    def test_ends_one_that_runs_at_its_next_chunk(self, moderator, conversation, monkeypatch):
        monkeypatch.setattr(running, "CHUNK_MESSAGES", 1)
        draft()
        turns(conversation, "a", "b", "c")
        run = dry_run_start(author=moderator, scope=DryRunScope.EDITED)

        def cancel(texts):
            if texts and DryRun.objects.get().num_judged == 1 and not DryRun.objects.get().is_cancel_asked:
                dry_run_cancel(dry_run_id=run.id, author=moderator)

        dry_runs_work(make_judge=meanwhile(cancel))

        run.refresh_from_db()
        assert (run.state, run.num_judged) == ("cancelled", 2)

    def test_refuses_what_is_over(self, moderator):
        run = ran(moderator)

        with pytest.raises(DryRunNothingToCancel):
            dry_run_cancel(dry_run_id=run.id, author=moderator)

    def test_is_for_moderators(self, moderator):
        run = dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        with pytest.raises(DryRunForbidden):
            dry_run_cancel(dry_run_id=run.id, author=make_staff("reviewer"))


class TestRulesDigest:
    def test_of_drafts_is_that_of_what_is_published_when_they_are_moved(self):
        moderation.Rule.objects.filter(state="draft").update(state="retired")  # those that come prepared
        rule = draft()
        as_drafts = rules_digest(rules_asked(scope=DryRunScope.EDITED))

        rule_move(rule_id=rule.id, state=RuleState.ENFORCING, author=make_user(), reason="seen")

        assert rules_digest(rules_asked(scope=DryRunScope.NEXT)) == as_drafts

    def test_changes_with_a_word(self):
        before = rules_digest(rules_asked(scope=DryRunScope.NEXT))

        draft(state="shadow")

        assert rules_digest(rules_asked(scope=DryRunScope.NEXT)) != before
