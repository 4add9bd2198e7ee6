"""An exception that a reviewer adds to a rule."""

import pytest

from chatapp.moderation.models import Rule
from chatapp.moderation.publishing.loading import ruleset_current
from chatapp.review.cases.exceptions import MAX_PHRASE_CHARS, rule_exception_add
from chatapp.review.errors import ExceptionUnusable, ReviewForbidden
from tests.support.factories import make_staff, publish_rule

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def rule():
    return publish_rule("口交", allow_phrases="路口交通")


@pytest.fixture
def author():
    return make_staff("reviewer", "moderator")


class TestRuleExceptionAdd:
    def test_is_the_rules_next_revision_and_not_in_force(self, rule, author):
        rule_exception_add(rule=rule, phrase=" 路口交汇 ", author=author)

        stored = Rule.objects.get(id=rule.id)
        assert (stored.allow_phrases, stored.revision, stored.author) == ("路口交通\n路口交汇", 2, author)
        assert ruleset_current().rule(rule.slug).allow == ("路口交通",)

    @pytest.mark.parametrize(
        ("phrase", "problem"),
        [
            ("", "length"),
            ("口交" * MAX_PHRASE_CHARS, "length"),
            ("路口交通", "repeated"),
            ("口交", "allow_cancels_word"),
            ("交通", "allow_without_word"),
        ],
    )
    def test_is_refused_where_it_would_do_nothing_good(self, rule, author, phrase, problem):
        with pytest.raises(ExceptionUnusable) as refusal:
            rule_exception_add(rule=rule, phrase=phrase, author=author)

        assert refusal.value.details == {"problem": problem}
        assert Rule.objects.get(id=rule.id).revision == 1

    def test_needs_the_right_to_change_rules(self, rule):
        with pytest.raises(ReviewForbidden):
            rule_exception_add(rule=rule, phrase="路口交汇", author=make_staff("reviewer"))
