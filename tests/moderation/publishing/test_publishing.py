"""What two people must agree on before it is published, and the way back."""

import pytest
from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.utils import DatabaseError

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.errors import (
    ApprovalMissing,
    OverrideNotPermitted,
    PublishReasonMissing,
    RulesetMissing,
    RulesetUnchanged,
)
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import RuleState, Stage
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.moderation.publishing.selectors import ruleset_rules
from chatapp.moderation.publishing.services import ruleset_publish, ruleset_restore
from chatapp.moderation.rules.selectors import approver_exists
from chatapp.moderation.rules.services import rule_approve, rule_move, rule_update
from tests.moderation.making import make_rule
from tests.support.at_once import at_once
from tests.support.factories import make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def author() -> User:
    return make_user()


@pytest.fixture
def second() -> User:
    return make_staff("moderator")


class TestAGraveBlock:
    def test_is_not_published_before_a_second_person_approved_it(self, author):
        make_rule(author)

        with pytest.raises(ApprovalMissing) as refusal:
            ruleset_publish(author=author, reason="spells")

        assert refusal.value.details == {"rules": ["spells"]}
        assert ruleset_current().version == 1

    def test_is_published_after_that(self, author, second):
        rule = make_rule(author)
        rule_approve(rule_id=rule.id, number=1, approver=second)

        ruleset_publish(author=author, reason="spells")

        assert judge(ruleset_current(), "xyzzy spell", Stage.INPUT).blocked

    def test_waits_again_after_each_change(self, author, second):
        rule = make_rule(author)
        rule_approve(rule_id=rule.id, number=1, approver=second)
        ruleset_publish(author=author, reason="spells")
        rule.words = "every word"
        rule_update(rule=rule, author=author, reason="more")

        with pytest.raises(ApprovalMissing):
            ruleset_publish(author=author, reason="more spells")

    def test_in_force_as_it_is_needs_nobody_to_stay(self, author):
        grave = models.Rule.objects.filter(state="enforcing", action="block", severity__gte=3)
        assert grave.exists()  # the default pack's, which the migration published
        make_rule(author, severity=2)

        assert ruleset_publish(author=author, reason="spells").version == 2

    def test_that_leaves_and_comes_back_waits(self, author):
        rule = models.Rule.objects.filter(state="enforcing", action="block", severity__gte=3)[0]
        rule_move(rule_id=rule.id, state=RuleState.SHADOW, author=author, reason="watch")
        rule_move(rule_id=rule.id, state=RuleState.ENFORCING, author=author, reason="enough seen")

        with pytest.raises(ApprovalMissing):
            ruleset_publish(author=author, reason="as before")

    @pytest.mark.parametrize("fields", [{"severity": 2}, {"action": "redact", "severity": 4}, {"state": "shadow"}])
    def test_is_the_only_thing_that_waits(self, author, fields):
        make_rule(author, **fields)

        assert ruleset_publish(author=author, reason="spells").version == 2

    @pytest.mark.parametrize("severity", [3, 4])
    def test_has_a_safe_answer_beside_it_that_waits_too(self, author, second, severity):
        rule = make_rule(author, severity=severity, action="safe_completion", safe_completion_en="Call 988.")

        with pytest.raises(ApprovalMissing):
            ruleset_publish(author=author, reason="help")
        rule_approve(rule_id=rule.id, number=1, approver=second)

        assert ruleset_publish(author=author, reason="help").version == 2

    def test_waits_for_nobody_where_one_person_keeps_the_rules(self, author, settings):
        settings.MODERATION_SECOND_APPROVAL = False
        make_rule(author)

        assert ruleset_publish(author=author, reason="spells").version == 2


class TestAnOverride:
    def test_by_an_administrator_publishes_and_stands_on_the_ruleset(self, author):
        make_rule(author)
        administrator = make_user(is_superuser=True)

        ruleset_publish(author=administrator, reason="spells", override_reason=" an attack is under way ")

        published = models.Ruleset.objects.get(version=2)
        assert (published.override_reason, published.overridden) == ("an attack is under way", ["approval"])

    def test_is_refused_to_everybody_else(self, author, second):
        make_rule(author)

        with pytest.raises(OverrideNotPermitted):
            ruleset_publish(author=second, reason="spells", override_reason="I may")

        assert models.Ruleset.objects.count() == 1

    def test_that_was_not_needed_is_not_on_record(self, author):
        make_rule(author, severity=1)

        ruleset_publish(author=make_user(is_superuser=True), reason="spells", override_reason="in case")

        published = models.Ruleset.objects.get(version=2)
        assert (published.override_reason, published.overridden) == ("", [])

    @pytest.mark.parametrize(
        "change", [{"override_reason": "none"}, {"overridden": ["advice"]}, {"restored_version": 1}]
    )
    def test_never_changes_in_the_database(self, change):
        with pytest.raises(DatabaseError, match="never"), transaction.atomic():
            models.Ruleset.objects.filter(version=1).update(**change)


class TestApproverExists:
    @pytest.mark.parametrize(
        "fields", [{}, {"is_superuser": True}, {"is_active": False, "is_superuser": True, "is_staff": True}]
    )
    def test_is_false_where_nobody_else_may_approve_here(self, second, fields):
        make_user(**fields)  # cannot approve: no right, or no way into the admin

        assert not approver_exists(besides_id=second.id)

    def test_is_true_of_a_moderator_an_administrator_and_whoever_has_the_right(self, author, second):
        assert approver_exists(besides_id=author.id)
        assert not approver_exists(besides_id=second.id)

        other = make_user(is_staff=True, is_superuser=True)
        assert approver_exists(besides_id=second.id)

        other.delete()
        entitled = make_user(is_staff=True)
        entitled.user_permissions.add(Permission.objects.get(codename="approve_rule"))
        assert approver_exists(besides_id=second.id)


class TestRulesetRestore:
    def test_publishes_exactly_the_old_rules_as_the_next_version(self, author):
        make_rule(author, severity=2)
        ruleset_publish(author=author, reason="spells")

        restored = ruleset_restore(version=1, author=author, reason="spells were harmless")

        assert restored.version == 3
        assert ruleset_rules(version=3) == ruleset_rules(version=1)
        assert not judge(ruleset_current(), "xyzzy spell", Stage.INPUT).blocked
        row = models.Ruleset.objects.get(version=3)
        assert (row.restored_version, row.reason, row.published_by) == (1, "spells were harmless", author)

    def test_leaves_the_edited_rules_as_they_are(self, author):
        make_rule(author, severity=2)
        ruleset_publish(author=author, reason="spells")

        ruleset_restore(version=1, author=author, reason="back")

        assert models.Rule.objects.get(slug="spells").state == "enforcing"
        assert ruleset_publish(author=author, reason="spells again").version == 4

    def test_needs_no_second_person_for_what_was_published(self, author):
        rule = models.Rule.objects.filter(state="enforcing", action="block", severity__gte=3)[0]
        rule_move(rule_id=rule.id, state=RuleState.RETIRED, author=author, reason="out")
        ruleset_publish(author=author, reason="without it")

        assert ruleset_restore(version=1, author=author, reason="it was needed").version == 3

    def test_demands_a_reason(self, author):
        with pytest.raises(PublishReasonMissing):
            ruleset_restore(version=1, author=author, reason=" ")

    def test_refuses_what_is_in_force(self, author):
        with pytest.raises(RulesetUnchanged):
            ruleset_restore(version=1, author=author, reason="again")

    def test_refuses_a_version_that_never_was(self, author):
        with pytest.raises(RulesetMissing):
            ruleset_restore(version=9, author=author, reason="the ninth")


@pytest.mark.django_db(transaction=True)
class TestARestoreAndAPublish:
    def test_at_the_same_instant_make_two_versions_one_after_the_other(self):
        author = make_user()
        make_rule(author, severity=2)
        ruleset_publish(author=author, reason="spells")
        models.Rule.objects.filter(slug="spells").update(words="other spell")

        stored = at_once(
            lambda: ruleset_publish(author=author, reason="others"),
            lambda: ruleset_restore(version=1, author=author, reason="none"),
        )

        assert sorted(ruleset.version for ruleset in stored) == [3, 4]
        (restored,) = models.Ruleset.objects.filter(restored_version=1).values_list("version", flat=True)
        assert ruleset_rules(version=restored) == ruleset_rules(version=1)
