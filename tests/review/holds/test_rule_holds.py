"""What each rule makes a stream hold back: the figure itself, and when it is taken."""

from datetime import timedelta

import pytest

from chatapp.conversations.models import Message
from chatapp.core import clock
from chatapp.moderation.judging.verdict import Action
from chatapp.moderation.models import Rule
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.review.holds.measuring import Hold, hold_of
from chatapp.review.holds.models import RuleHold
from chatapp.review.holds.services import rule_holds_measure
from chatapp.review.holds.tasks import measure
from tests.moderation.judging.making import make_rule
from tests.support.factories import make_answer, make_conversation, make_question, make_user, publish_rule


class TestAHold:
    def test_is_what_waits_after_each_character(self):
        rule = make_rule(words=["炸弹"], action=Action.REDACT)

        assert hold_of(rule, ["炸的炸的"]) == Hold(p50_chars=0, p99_chars=1, num_chars=4)

    def test_is_of_all_texts_together_at_the_nearest_rank(self):
        rule = make_rule(words=["炸弹"], action=Action.REDACT)

        assert hold_of(rule, ["炸", "的" * 99]) == Hold(0, 0, 100)
        assert hold_of(rule, ["炸", "的" * 98]) == Hold(0, 1, 99)

    def test_is_nothing_for_a_rule_that_takes_nothing_away(self):
        assert hold_of(make_rule(words=["炸弹"], action=Action.FLAG), ["炸炸"]) == Hold(0, 0, 2)

    def test_is_counted_up_to_a_block(self):
        assert hold_of(make_rule(words=["炸弹"], action=Action.BLOCK), ["炸弹炸炸"]) == Hold(1, 1, 1)

    def test_is_unknown_without_texts(self):
        assert hold_of(make_rule(words=["炸弹"]), []) is None


@pytest.fixture
def conversation():
    return make_conversation(make_user())


def answered(conversation, text):
    return make_answer(conversation, parent=make_question(conversation), text=text)


@pytest.mark.django_db
class TestMeasuring:
    def test_takes_the_figure_of_every_rule_in_force_that_looks_at_answers(self, conversation):
        rule = publish_rule("炸弹", action="redact", stages=("output",))
        unseen = publish_rule("plugh", action="redact", stages=("input",))
        answered(conversation, "炸的炸的")

        rule_holds_measure(now=clock.now())

        holds = RuleHold.objects.in_bulk([rule.slug, unseen.slug])
        assert list(holds) == [rule.slug]
        assert (holds[rule.slug].p50_chars, holds[rule.slug].p99_chars, holds[rule.slug].num_texts) == (0, 1, 1)

    def test_takes_none_while_there_are_no_recent_answers(self, conversation):
        publish_rule("炸弹", action="redact", stages=("output",))
        old = answered(conversation, "炸的炸的")
        Message.objects.filter(id=old.id).update(created_at=clock.now() - timedelta(days=31))
        answered(conversation, None)

        assert rule_holds_measure(now=clock.now()) == 0
        assert not RuleHold.objects.exists()

    def test_is_done_once_a_day_and_at_a_new_revision(self, conversation):
        rule = publish_rule("炸弹", action="redact", stages=("output",))
        answered(conversation, "炸的炸的")
        now = clock.now()

        num_rules = rule_holds_measure(now=now)
        assert rule_holds_measure(now=now + timedelta(hours=23)) == 0
        Rule.objects.filter(id=rule.id).update(revision=2, words="的炸弹")
        ruleset_publish(author=None, reason="a test")

        assert rule_holds_measure(now=now + timedelta(hours=23)) == 1
        assert RuleHold.objects.get(rule_slug=rule.slug).rule_revision == 2
        assert rule_holds_measure(now=now + timedelta(hours=25)) == num_rules - 1

    def test_forgets_rules_that_are_in_force_no_longer(self, conversation):
        rule = publish_rule("炸弹", action="redact", stages=("output",))
        answered(conversation, "炸的炸的")
        rule_holds_measure(now=clock.now())
        Rule.objects.filter(id=rule.id).update(state="draft")
        ruleset_publish(author=None, reason="a test")

        rule_holds_measure(now=clock.now())

        assert RuleHold.objects.in_bulk([rule.slug]) == {}


@pytest.mark.django_db(transaction=True)
class TestTheTask:
    def test_measures(self, conversation):
        rule = publish_rule("炸弹", action="redact", stages=("output",))
        answered(conversation, "炸的炸的")

        measure()

        assert rule.slug in RuleHold.objects.in_bulk([rule.slug])
