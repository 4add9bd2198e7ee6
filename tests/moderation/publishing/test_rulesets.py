"""Rules in the database, and what publishing makes of them."""

import hashlib
from functools import partial

import pytest
from django.db import IntegrityError, transaction
from django.db.utils import DatabaseError

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.choices import STATE_LABELS, words_of
from chatapp.moderation.errors import PublishReasonMissing, RulesetMissing, RulesetUnchanged, RuleUnusable
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.rulesets.ruleset import Ruleset
from chatapp.moderation.judging.verdict import RuleState, Stage
from chatapp.moderation.publishing.loading import ruleset_current, ruleset_get
from chatapp.moderation.publishing.selectors import ruleset_edited
from chatapp.moderation.publishing.services import ruleset_publish
from chatapp.moderation.rules.services import rule_create, rule_update
from tests.support.at_once import contested

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def author() -> User:
    return User.objects.create_user("moderator@example.org")


def make_row(slug: str = "test-rule", **fields: object) -> models.Rule:
    return models.Rule(
        **{
            "slug": slug,
            "category": "other",
            "action": "block",
            "state": "enforcing",
            "stages": ["input", "output"],
            "words": "xyzzy spell\n",
            **fields,
        }
    )


class TestRulesetPublish:
    def test_puts_shadow_and_enforcing_rules_into_force_and_no_others(self, author):
        for state in words_of(STATE_LABELS):
            rule_create(rule=make_row(f"is-{state}", state=state), author=author, reason="a test")

        ruleset = ruleset_publish(author=author, reason="all four")

        published = {rule.id: rule.state for rule in ruleset.rules if rule.id.startswith("is-")}
        assert published == {"is-shadow": RuleState.SHADOW, "is-enforcing": RuleState.ENFORCING}

    def test_keeps_payload_digest_reason_and_author(self, author):
        rule_create(rule=make_row(), author=author, reason="a test")

        ruleset = ruleset_publish(author=author, reason=" because of spells ")

        row = models.Ruleset.objects.get(version=2)
        assert Ruleset.from_json(row.payload) == ruleset
        assert row.sha256 == hashlib.sha256(row.payload.encode()).hexdigest()
        assert (row.reason, row.published_by) == ("because of spells", author)

    def test_is_what_judges_from_then_on(self, author):
        rule_create(rule=make_row(), author=author, reason="a test")
        assert not judge(ruleset_current(), "say the XYZZY spell", Stage.INPUT).blocked

        ruleset_publish(author=author, reason="spells")

        verdict = judge(ruleset_current(), "say the XYZZY spell", Stage.INPUT)
        assert verdict.blocked
        assert verdict.ruleset_version == 2

    def test_leaves_edits_without_effect_until_the_next_one(self, author):
        rule = make_row()
        rule_create(rule=rule, author=author, reason="a test")
        ruleset_publish(author=author, reason="spells")
        rule.words = "another spell"
        rule_update(rule=rule, author=author, reason="a test")

        assert judge(ruleset_current(), "xyzzy spell", Stage.INPUT).blocked
        assert not judge(ruleset_current(), "another spell", Stage.INPUT).blocked

    def test_demands_a_reason(self, author):
        with pytest.raises(PublishReasonMissing):
            ruleset_publish(author=author, reason="  ")

    def test_refuses_to_publish_nothing_new(self, author):
        with pytest.raises(RulesetUnchanged):
            ruleset_publish(author=author, reason="again")

    def test_refuses_a_rule_with_problems_and_names_it(self, author):
        rule_create(rule=make_row("one-letter", words="x"), author=author, reason="a test")

        with pytest.raises(RuleUnusable) as refusal:
            ruleset_publish(author=author, reason="broken")

        assert refusal.value.details == {"rule": "one-letter", "problems": ["word_too_short_to_block"]}
        assert ruleset_current().version == 1

    def test_survives_the_account_of_who_published(self, author):
        rule_create(rule=make_row(), author=author, reason="a test")
        ruleset_publish(author=author, reason="spells")

        author.delete()

        assert models.Ruleset.objects.get(version=2).published_by is None


class TestRuleUpdate:
    def test_counts_revisions(self, author):
        rule = make_row()
        rule_create(rule=rule, author=author, reason="a test")

        rule_update(rule=rule, author=author, reason="a test")
        rule_update(rule=rule, author=author, reason="a test")

        assert rule.revision == 3
        assert models.Rule.objects.get(slug="test-rule").revision == 3


class TestRulesetCurrent:
    def test_costs_one_query_while_nothing_is_published(self, django_assert_num_queries):
        ruleset_current()

        with django_assert_num_queries(1):
            ruleset_current()

    def test_is_the_same_object_for_every_stream(self):
        assert ruleset_current() is ruleset_current()
        assert ruleset_current() is ruleset_get(version=1)

    def test_of_an_unknown_version_is_refused(self):
        with pytest.raises(RulesetMissing):
            ruleset_get(version=99)


class TestRulesetEdited:
    def test_tries_drafts_as_shadow_rules(self, author):
        rule_create(rule=make_row("drafted", state="draft"), author=author, reason="a test")
        rule_create(rule=make_row("gone", state="retired"), author=author, reason="a test")

        rules = {rule.id: rule for rule in ruleset_edited().rules}

        assert rules["drafted"].state is RuleState.SHADOW
        assert "gone" not in rules


class TestTheDatabase:
    @pytest.mark.parametrize(
        "change",
        [
            lambda: models.Ruleset.objects.filter(version=1).update(payload="{}"),
            lambda: models.Ruleset.objects.filter(version=1).update(reason="another"),
            lambda: models.Ruleset.objects.filter(version=1).update(version=7),
            lambda: models.Ruleset.objects.filter(version=1).delete(),
        ],
        ids=["payload", "reason", "version", "delete"],
    )
    def test_refuses_to_change_a_published_ruleset(self, change):
        with pytest.raises(DatabaseError, match="never"), transaction.atomic():
            change()

        assert ruleset_get(version=1).rules

    @pytest.mark.parametrize(
        "fields",
        [{"action": "allow"}, {"state": "on"}, {"severity": 0}, {"severity": 5}, {"category": "x"}, {"language": "fr"}],
        ids=lambda fields: "-".join(map(str, next(iter(fields.items())))),
    )
    def test_refuses_a_rule_with_a_word_it_does_not_know(self, fields):
        with pytest.raises(IntegrityError), transaction.atomic():
            make_row(**fields).save()

    def test_refuses_two_rules_with_one_name(self, author):
        rule_create(rule=make_row(), author=author, reason="a test")

        with pytest.raises(IntegrityError), transaction.atomic():
            rule_create(rule=make_row(), author=author, reason="a test")


@pytest.mark.django_db(transaction=True)
class TestTwoPublishers:
    def test_at_the_same_instant_make_one_version_between_them(self):
        models.Rule.objects.create(
            slug="new-rule", category="other", action="flag", state="enforcing", stages=["input"], words="some words"
        )
        publish = partial(ruleset_publish, author=None, reason="both")

        stored, unchanged = contested(publish, publish, refusal=RulesetUnchanged)

        assert ([ruleset.version for ruleset in stored], len(unchanged)) == ([2], 1)
        assert ruleset_current().version == 2
