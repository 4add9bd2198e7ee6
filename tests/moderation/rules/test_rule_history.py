"""A rule's revisions, its moves and its approvals: what is kept, who may, and what the database refuses."""

from collections.abc import Callable
from functools import partial

import pytest
from django.db import transaction
from django.db.utils import DatabaseError

from chatapp.accounts.models import User
from chatapp.moderation import models
from chatapp.moderation.errors import (
    AlreadyApproved,
    ApprovalByAuthor,
    ApprovalNotNeeded,
    ApprovalNotPermitted,
    RuleMoveIllegal,
    RuleReasonMissing,
    RuleRevisionMissing,
    RuleRevisionOutdated,
)
from chatapp.moderation.judging.verdict import RuleState
from chatapp.moderation.rules.selectors import rule_history
from chatapp.moderation.rules.services import rule_approve, rule_create, rule_move, rule_restore, rule_update
from chatapp.moderation.rules.snapshot import rule_snapshot
from tests.moderation.making import make_rule
from tests.support.at_once import contested
from tests.support.factories import make_staff, make_user

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def author() -> User:
    return make_staff("moderator")


@pytest.fixture
def second() -> User:
    return make_staff("moderator")


class TestARevision:
    def test_is_kept_of_a_new_rule_with_author_and_reason(self, author):
        rule = make_rule(author)

        (read,) = rule_history(rule_id=rule.id)

        assert (read.revision.number, read.revision.author, read.revision.reason) == (1, author, "spells hurt")
        assert read.revision.snapshot["words"] == "xyzzy spell"
        assert read.changes == ()

    def test_is_kept_of_each_change_with_what_it_changed(self, author, second):
        rule = make_rule(author)
        rule.words, rule.severity = "xyzzy spell\nplugh spell", 4
        rule_update(rule=rule, author=second, reason="worse than thought")

        newest, first = rule_history(rule_id=rule.id)

        assert (newest.revision.number, newest.revision.author) == (2, second)
        changes = {change.field: change for change in newest.changes}
        assert changes.keys() == {"words", "severity"}
        assert changes["words"].added == ("plugh spell",)
        assert (changes["severity"].before, changes["severity"].after) == ("3", "4")
        assert first.revision.snapshot["severity"] == 3

    def test_holds_every_field_of_the_content(self, author):
        rule = make_rule(author)

        held = set(models.RuleRevision.objects.get(rule=rule).snapshot)

        beside = {"id", "revision", "author", "updated_at"}
        assert held == {field.name for field in models.Rule._meta.concrete_fields} - beside

    def test_is_not_kept_of_a_change_that_fails(self, author):
        rule = make_rule(author)
        rule.severity = 9

        with pytest.raises(DatabaseError), transaction.atomic():
            rule_update(rule=rule, author=author, reason="wrong")

        assert models.RuleRevision.objects.filter(rule=rule).count() == 1

    def test_of_each_rule_that_was_there_before_histories_is_its_first(self):
        rule = models.Rule.objects.get(slug="fraud")

        (read,) = rule_history(rule_id=rule.id)

        assert read.revision.number == rule.revision
        current = rule_snapshot(rule)  # with fields that came after histories did
        assert read.revision.snapshot == {name: current[name] for name in read.revision.snapshot}
        assert {"words", "action", "state"} <= read.revision.snapshot.keys()

    def test_written_before_a_field_was_there_counts_its_default_as_no_change(self, author):
        rule = make_rule(author, state="draft")
        old = {name: value for name, value in rule_snapshot(rule).items() if name != "notice_en"}
        models.RuleRevision.objects.create(rule=rule, number=7, snapshot=old)
        models.RuleRevision.objects.create(rule=rule, number=8, snapshot=rule_snapshot(rule))

        newest = rule_history(rule_id=rule.id)[0]

        assert newest.changes == ()

    @pytest.mark.parametrize("state", ["shadow", "enforcing"])
    def test_of_what_is_to_be_in_force_needs_a_reason(self, author, state):
        rule = models.Rule(slug="mute", category="other", stages=["input"], words="xyzzy", state=state)

        with pytest.raises(RuleReasonMissing):
            rule_create(rule=rule, author=author, reason="  ")

        assert not models.Rule.objects.filter(slug="mute").exists()

    def test_of_a_draft_needs_none(self, author):
        rule = models.Rule(slug="mute", category="other", stages=["input"], words="xyzzy", state="draft")

        rule_create(rule=rule, author=author)

        assert rule_history(rule_id=rule.id)[0].revision.reason == ""

    @pytest.mark.parametrize(
        "change",
        [
            lambda rows: rows.update(snapshot={}),
            lambda rows: rows.update(reason="another"),
            lambda rows: rows.update(number=9),
            lambda rows: rows.update(author=make_user()),
            lambda rows: rows.delete(),
        ],
        ids=["snapshot", "reason", "number", "author", "delete"],
    )
    def test_never_changes_in_the_database(self, author, change):
        rule = make_rule(author)

        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            change(models.RuleRevision.objects.filter(rule=rule))

    def test_survives_the_account_of_its_author(self, author):
        rule = make_rule(author)

        author.delete()

        assert rule_history(rule_id=rule.id)[0].revision.author is None


class TestRuleMove:
    def test_changes_the_state_as_a_revision(self, author):
        rule = make_rule(author)

        moved = rule_move(rule_id=rule.id, state=RuleState.SHADOW, author=author, reason="too many hits")

        assert (moved.state, moved.revision) == ("shadow", 2)
        newest = rule_history(rule_id=rule.id)[0]
        assert [change.field for change in newest.changes] == ["state"]
        assert newest.revision.reason == "too many hits"

    def test_refuses_an_illegal_move_and_names_both_states(self, author):
        rule = make_rule(author)

        with pytest.raises(RuleMoveIllegal) as refusal:
            rule_move(rule_id=rule.id, state=RuleState.DRAFT, author=author, reason="back")

        assert refusal.value.details == {"before": "enforcing", "after": "draft"}
        assert models.Rule.objects.get(id=rule.id).state == "enforcing"

    def test_refuses_to_stay(self, author):
        rule = make_rule(author)

        with pytest.raises(RuleMoveIllegal):
            rule_move(rule_id=rule.id, state=RuleState.ENFORCING, author=author, reason="again")

    def test_judges_by_the_stored_state_and_not_by_what_a_caller_says(self, author):
        rule = make_rule(author)
        rule_move(rule_id=rule.id, state=RuleState.RETIRED, author=author, reason="out")
        rule.state, rule.revision = "enforcing", 2

        with pytest.raises(RuleMoveIllegal):
            rule_update(rule=rule, author=author, reason="a late save")

    def test_is_not_made_of_a_revision_that_is_no_longer_the_newest(self, author, second):
        rule = make_rule(author)
        rule_update(rule=rule, author=second, reason="others")

        with pytest.raises(RuleRevisionOutdated) as refusal:
            rule_move(rule_id=rule.id, state=RuleState.SHADOW, author=author, reason="watch", opened_revision=1)

        assert refusal.value.details == {"revision": 2}
        assert models.Rule.objects.get(id=rule.id).state == "enforcing"


class TestRuleRestore:
    def test_makes_the_old_content_the_next_revision_and_leaves_the_state(self, author, second):
        rule = make_rule(author)
        rule.words = "other words"
        rule_update(rule=rule, author=author, reason="others")
        rule_move(rule_id=rule.id, state=RuleState.SHADOW, author=author, reason="watch")

        restored = rule_restore(rule_id=rule.id, number=1, author=second, reason="the first was right")

        assert (restored.words, restored.state, restored.revision) == ("xyzzy spell", "shadow", 4)
        assert [read.revision.number for read in rule_history(rule_id=rule.id)] == [4, 3, 2, 1]

    def test_does_not_undo_what_its_author_never_saw(self, author, second):
        rule = make_rule(author)
        rule_update(rule=rule, author=second, reason="others")

        with pytest.raises(RuleRevisionOutdated):
            rule_restore(rule_id=rule.id, number=1, author=author, reason="back", opened_revision=1)

    def test_refuses_a_revision_that_is_not_there(self, author):
        rule = make_rule(author)

        with pytest.raises(RuleRevisionMissing):
            rule_restore(rule_id=rule.id, number=2, author=author, reason="why not")


class TestRuleApprove:
    def test_is_on_record_with_who_and_when(self, author, second):
        rule = make_rule(author)

        rule_approve(rule_id=rule.id, number=1, approver=second)

        approval = rule_history(rule_id=rule.id)[0].approval
        assert approval is not None
        assert approval.approver == second

    def test_is_refused_to_the_author(self, author):
        rule = make_rule(author)

        with pytest.raises(ApprovalByAuthor):
            rule_approve(rule_id=rule.id, number=1, approver=author)

    def test_is_refused_without_the_permission(self, author):
        rule = make_rule(author)

        with pytest.raises(ApprovalNotPermitted):
            rule_approve(rule_id=rule.id, number=1, approver=make_user(is_staff=True))

    def test_is_refused_for_what_was_changed_meanwhile(self, author, second):
        rule = make_rule(author)
        rule_update(rule=rule, author=author, reason="another")

        with pytest.raises(RuleRevisionOutdated):
            rule_approve(rule_id=rule.id, number=1, approver=second)

    @pytest.mark.parametrize("fields", [{"severity": 2}, {"action": "redact"}, {"state": "shadow"}])
    def test_is_refused_where_nobody_needs_it(self, author, second, fields):
        rule = make_rule(author, **fields)

        with pytest.raises(ApprovalNotNeeded):
            rule_approve(rule_id=rule.id, number=1, approver=second)

    def test_happens_once(self, author, second):
        rule = make_rule(author)
        rule_approve(rule_id=rule.id, number=1, approver=second)

        with pytest.raises(AlreadyApproved):
            rule_approve(rule_id=rule.id, number=1, approver=make_staff("moderator"))

    def test_of_oneself_is_refused_by_the_database_too(self, author):
        revision = models.RuleRevision.objects.get(rule=make_rule(author))

        with pytest.raises(DatabaseError, match="another person"), transaction.atomic():
            models.RuleApproval.objects.create(revision=revision, approver=author)

    @pytest.mark.parametrize(
        "change",
        [lambda rows: rows.update(approver=make_user()), lambda rows: rows.delete()],
        ids=["approver", "delete"],
    )
    def test_never_changes_in_the_database(self, author, second, change):
        rule_approve(rule_id=make_rule(author).id, number=1, approver=second)

        with pytest.raises(DatabaseError, match="never change"), transaction.atomic():
            change(models.RuleApproval.objects.all())


@pytest.mark.django_db(transaction=True)
class TestTwoApprovers:
    def test_at_the_same_instant_leave_one_approval(self):
        author, approvers = make_staff("moderator"), [make_staff("moderator"), make_staff("moderator")]
        rule = make_rule(author)
        approvals = [partial(rule_approve, rule_id=rule.id, number=1, approver=approver) for approver in approvers]

        approved, was_there = contested(*approvals, refusal=AlreadyApproved)

        assert (len(approved), len(was_there)) == (1, 1)
        assert models.RuleApproval.objects.count() == 1


@pytest.mark.django_db(transaction=True)
class TestTwoEditors:
    def test_at_the_same_instant_make_one_revision_and_one_is_told(self):
        editors = [make_staff("moderator"), make_staff("moderator")]
        rule = make_rule(editors[0])

        def edit_of(editor: User) -> Callable[[], object]:
            mine = models.Rule.objects.get(id=rule.id)  # as both have read it, before either stores
            mine.words = f"word of {editor.pk}"
            return partial(rule_update, rule=mine, author=editor, reason="mine")

        stored, told = contested(*map(edit_of, editors), refusal=RuleRevisionOutdated)

        history = rule_history(rule_id=rule.id)
        assert (len(stored), len(told)) == (1, 1)
        assert [read.revision.number for read in history] == [2, 1]
        assert history[0].revision.snapshot == rule_snapshot(models.Rule.objects.get(id=rule.id))
