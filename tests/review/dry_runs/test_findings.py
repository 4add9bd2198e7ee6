"""Rules run over past conversations: what is counted, what survives a death, who may."""

from datetime import timedelta

import pytest

from chatapp.core import clock
from chatapp.core.ids import uuid7_floor
from chatapp.moderation import models as moderation
from chatapp.moderation.judging.batch import BatchJudge
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.publishing.loading import key_newest
from chatapp.moderation.rules.services import rule_create, rule_move
from chatapp.review.dry_runs import running
from chatapp.review.dry_runs.models import DryRun, DryRunReading, DryRunSample, DryRunScope
from chatapp.review.dry_runs.reservoir import MAX_SAMPLES
from chatapp.review.dry_runs.retention import dry_runs_erase_expired
from chatapp.review.dry_runs.running import MAX_ATTEMPTS, DryRunLost, dry_run_claim, dry_runs_work
from chatapp.review.dry_runs.scope import rules_asked, rules_digest
from chatapp.review.dry_runs.selectors import dry_run_samples_read
from chatapp.review.dry_runs.services import dry_run_cancel, dry_run_start
from chatapp.review.dry_runs.tally import Tally
from chatapp.review.dry_runs.tasks import dry_run
from chatapp.review.errors import DryRunForbidden, DryRunNothingToCancel, DryRunRulesUnusable, DryRunUnlimited
from chatapp.review.evidence.retention import erase
from chatapp.review.models import Decision
from chatapp.task_table import DRY_RUN
from tests.support.factories import make_answer, make_conversation, make_question, make_staff, make_user, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def moderator():
    return make_staff("moderator")


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def draft(words="xyzzy", **fields):
    about = {"slug": "spells", "category": "other", "action": "block", "stages": ["input", "output"], **fields}
    rule = moderation.Rule(words=words, **about)
    rule_create(rule=rule, author=make_user(), reason="a test")
    return rule


def turns(conversation, *texts):
    """Question, answer, question, …; returns the last."""
    message = make_question(conversation, text=texts[0])
    for number, text in enumerate(texts[1:]):
        make = make_question if number % 2 else make_answer
        message = make(conversation, parent=message, text=text)
    return message


def ran(moderator, scope=DryRunScope.EDITED, **about):
    run = dry_run_start(author=moderator, scope=scope, **about)
    dry_runs_work()
    run.refresh_from_db()
    return run


class Killed(BaseException):
    """What a worker's death looks like from inside: nothing after it runs."""


def meanwhile(deed):
    """What makes judges that do `deed` each time they are given texts, before they look."""

    class Interrupted(BatchJudge):
        def find_many(self, texts):
            deed(texts)
            return super().find_many(texts)

    return Interrupted


def killed_at_chunk(number):
    calls = iter(range(1, 1_000))

    def deed(_texts):
        if next(calls) >= number:
            raise Killed

    return meanwhile(deed)


class TestADryRun:
    def test_counts_what_rules_would_have_done(self, moderator, conversation):
        draft()
        turns(conversation, "say xyzzy", "Because xyzzy.", "thanks", "Welcome.")

        run = ran(moderator)

        assert (run.state, run.num_messages, run.num_judged) == ("done", 4, 4)
        assert (run.num_hit, run.num_withheld, run.num_blocked) == (2, 2, 2)
        assert run.withheld_share == 0.5
        assert run.finished_at is not None

    def test_leaves_out_rules_that_ask_a_model_instead_of_taking_their_silence_for_a_hit(self, moderator, conversation):
        draft()
        draft(slug="judged", words="No insults.", kind="judge", severity=4)
        turns(conversation, "hello", "Welcome.")

        run = ran(moderator)

        assert (run.state, run.num_judged, run.num_hit, run.num_withheld) == ("done", 2, 0, 0)

    def test_judges_questions_as_input_and_answers_as_output(self, moderator, conversation):
        draft(stages=["output"])
        turns(conversation, "say xyzzy", "Because xyzzy.")

        stages = Tally.from_json(ran(moderator).tally).stages

        assert (stages["input"].hit, stages["output"].hit) == (0, 1)

    def test_changes_and_records_nothing_about_the_messages(self, moderator, conversation):
        draft()
        message = turns(conversation, "say xyzzy")

        ran(moderator)

        message.refresh_from_db()
        assert (message.text, message.state) == ("say xyzzy", "visible")
        assert not Decision.objects.exists()

    def test_passes_over_answers_under_way_and_erased_messages(self, moderator, conversation):
        draft()
        make_answer(conversation, parent=make_question(conversation, text="xyzzy"), text=None)

        assert ran(moderator).num_judged == 1

    def test_of_what_publishing_would_put_into_force_leaves_drafts_out(self, moderator, conversation):
        draft()
        turns(conversation, "say xyzzy")

        assert ran(moderator, DryRunScope.NEXT).num_hit == 0

    def test_counts_a_shadow_rule_as_a_hit_that_withholds_nothing(self, moderator, conversation):
        draft(state="shadow")
        turns(conversation, "say xyzzy")

        run = ran(moderator, DryRunScope.NEXT)

        assert (run.num_hit, run.num_withheld) == (1, 0)

    def test_of_one_rule_runs_that_one_alone(self, moderator, conversation):
        draft()
        draft("plugh", slug="other-spells")
        turns(conversation, "xyzzy", "plugh")

        run = ran(moderator, DryRunScope.RULE, rule_slug="spells")

        assert list(Tally.from_json(run.tally).rules) == ["spells"]

    def test_keeps_the_rules_it_was_asked_about(self, moderator, conversation):
        rule = draft()
        turns(conversation, "xyzzy")
        run = dry_run_start(author=moderator, scope=DryRunScope.EDITED)
        moderation.Rule.objects.filter(id=rule.id).update(words="something else")

        dry_runs_work()

        run.refresh_from_db()
        assert run.num_hit == 1

    def test_measures_what_a_message_costs(self, moderator, conversation):
        draft()
        turns(conversation, "one", "two", "three")

        tally = Tally.from_json(ran(moderator).tally)

        assert len(tally.costs_us) == 3
        assert tally.percentile_us(0.99) == max(tally.costs_us)

    def test_of_no_messages_is_done(self, moderator):
        run = ran(moderator)

        assert (run.state, run.num_judged, run.withheld_share, run.progress) == ("done", 0, 0.0, 1.0)


class TestTheDifference:
    def test_names_what_is_new_and_what_is_gone(self, moderator, conversation):
        rule = publish_rule("xyzzy", stages=("input",))
        turns(conversation, "xyzzy", "ok", "plugh", "ok", "plugh and xyzzy")
        moderation.Rule.objects.filter(id=rule.id).update(words="plugh")

        run = ran(moderator, DryRunScope.NEXT)

        tally = Tally.from_json(run.tally)
        counts = tally.rules[rule.slug]
        assert (counts.hit, counts.new, counts.gone) == (2, 1, 1)
        total = tally.total()
        assert (total.newly_withheld, total.no_longer_withheld) == (1, 1)
        assert run.ruleset_version == key_newest().version

    def test_is_none_for_rules_that_are_in_force(self, moderator, conversation):
        rule = publish_rule("xyzzy", stages=("input",))
        turns(conversation, "xyzzy")

        counts = Tally.from_json(ran(moderator, DryRunScope.NEXT).tally).rules[rule.slug]

        assert (counts.hit, counts.new, counts.gone) == (1, 0, 0)

    def test_sees_a_rule_that_only_changed_its_action(self, moderator, conversation):
        rule = publish_rule("xyzzy", action="flag")
        turns(conversation, "xyzzy")
        moderation.Rule.objects.filter(id=rule.id).update(action="block")

        tally = Tally.from_json(ran(moderator, DryRunScope.NEXT).tally)

        assert (tally.rules[rule.slug].new, tally.total().newly_withheld, tally.total().newly_hit) == (0, 1, 0)

    def test_of_one_rule_is_against_that_rule_alone(self, moderator, conversation):
        publish_rule("plugh")
        draft()
        turns(conversation, "xyzzy and plugh", "ok", "plugh")

        total = Tally.from_json(ran(moderator, DryRunScope.RULE, rule_slug="spells").tally).total()

        assert (total.newly_withheld, total.no_longer_withheld) == (1, 0)


class TestMessagesAskedAbout:
    def test_are_those_of_the_last_days(self, moderator, conversation):
        draft()
        old = uuid7_floor(clock.now() - timedelta(days=8))
        make_question(conversation, text="xyzzy", id=old)
        make_question(conversation, text="xyzzy")

        assert ran(moderator, num_days=7).num_judged == 1
        assert ran(moderator, num_days=9).num_judged == 2

    def test_are_the_newest_so_many(self, moderator, conversation):
        draft()
        turns(conversation, "xyzzy", "a", "b", "c")

        run = ran(moderator, num_days=None, max_messages=3)

        assert (run.num_messages, run.num_judged, run.num_hit) == (3, 3, 0)

    def test_are_not_those_written_meanwhile(self, moderator, conversation):
        draft()
        turns(conversation, "a")
        run = dry_run_start(author=moderator, scope=DryRunScope.EDITED)
        turns(conversation, "xyzzy")

        dry_runs_work()

        run.refresh_from_db()
        assert (run.num_judged, run.num_hit) == (1, 0)


class TestSamples:
    def test_name_the_message_and_the_place_and_hold_no_text(self, moderator, conversation):
        draft()
        message = turns(conversation, "say xyzzy")

        run = ran(moderator)

        sample = run.samples.get()
        assert (sample.rule_slug, sample.message_id, sample.stage) == ("spells", message.id, "input")
        assert (sample.span_start, sample.span_end, sample.differs, sample.action) == (4, 9, "new", "block")
        columns = " ".join(str(value) for value in DryRunSample.objects.values().get().values())
        assert "xyzzy" not in columns

    def test_are_at_most_so_many_a_rule_whatever_the_chunks(self, moderator, conversation, monkeypatch):
        monkeypatch.setattr(running, "CHUNK_MESSAGES", 7)
        draft()
        for number in range(MAX_SAMPLES + 30):
            make_question(conversation, text=f"xyzzy {number}")

        run = ran(moderator)

        assert run.num_hit == MAX_SAMPLES + 30
        assert sorted(run.samples.values_list("place", flat=True)) == list(range(MAX_SAMPLES))
        assert len(set(run.samples.values_list("message_id", flat=True))) == MAX_SAMPLES

    def test_hold_what_is_gone_too(self, moderator, conversation):
        rule = publish_rule("xyzzy")
        turns(conversation, "xyzzy")
        moderation.Rule.objects.filter(id=rule.id).update(words="plugh")

        assert ran(moderator, DryRunScope.NEXT).samples.get().differs == "gone"


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


class TestTheTask:
    def test_is_sent_when_the_question_is_stored(self, moderator, event_log, django_capture_on_commit_callbacks):
        with django_capture_on_commit_callbacks(execute=True):
            dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        assert DRY_RUN.name.encode() in event_log.lindex("default", 0)

    @pytest.mark.django_db(transaction=True)
    def test_runs_what_waits(self, moderator):
        run = dry_run_start(author=moderator, scope=DryRunScope.NEXT)

        dry_run()

        run.refresh_from_db()
        assert run.state == "done"


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
