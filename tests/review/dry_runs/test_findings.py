"""Rules run over past conversations: what is counted, what differs from today, what is kept as a sample."""

from datetime import timedelta

import pytest

from chatapp.core import clock
from chatapp.core.ids import uuid7_floor
from chatapp.moderation import models as moderation
from chatapp.moderation.publishing.versions import key_newest
from chatapp.review.dry_runs import running
from chatapp.review.dry_runs.models import DryRunSample, DryRunScope
from chatapp.review.dry_runs.reservoir import MAX_SAMPLES
from chatapp.review.dry_runs.running import dry_runs_work
from chatapp.review.dry_runs.services import dry_run_start
from chatapp.review.dry_runs.tally import Tally
from chatapp.review.models import Decision
from tests.review.dry_runs.making import draft, ran, turns
from tests.support.factories import make_answer, make_question, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


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
