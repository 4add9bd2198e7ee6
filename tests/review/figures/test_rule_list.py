"""The figures beside each rule, against what is on record."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from chatapp.accounts.models import User
from chatapp.core import clock
from chatapp.core.ids import uuid7
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Action, RuleState, Stage
from chatapp.moderation.models import Rule
from chatapp.review.figures.rule_figures import rule_figures, rules_silent, rules_with_hits
from chatapp.review.figures.rule_list import duration_text, share_text
from chatapp.review.holds.models import RuleHold
from chatapp.review.models import Decision
from tests.moderation.judging.making import make_rule, make_ruleset
from tests.support.factories import make_conversation, make_question, make_user, signed_in

pytestmark = pytest.mark.django_db
RULES = make_ruleset(
    make_rule("slurs", words=["secret"], action=Action.REDACT),
    make_rule("fraud", words=["word"], action=Action.FLAG, state=RuleState.SHADOW),
)


def hit(text: str = "secret", *, latency_us: int = 5, message_id: UUID | None = None, days_ago: int = 0) -> None:
    """Puts on record what the rules find in the text, as of another day too: outside the chain, which says nothing."""
    conversation_id, created_at = uuid7(), clock.now() - timedelta(days=days_ago)
    for place, match in enumerate(judge(RULES, text, Stage.INPUT).matches, 1):
        Decision.objects.create(
            conversation_id=conversation_id, place=place, owner_id=uuid7(), message_id=message_id, stage="input",
            rule_slug=match.rule_id, rule_revision=1, ruleset_version=1, category="other", severity=match.severity,
            action=match.action.value, is_enforced=match.enforced, span_start=match.start, span_end=match.end,
            latency_us=latency_us, created_at=created_at,
        )  # fmt: skip


@pytest.fixture
def moderator(client: Client) -> User:
    return signed_in(client, "moderator")


class TestHits:
    def test_are_counted_over_30_days_with_shadow_hits_beside_them(self):
        hit("secret word")
        hit("secret")
        hit("secret", days_ago=31)

        rows: dict[str, Any] = {row.slug: row for row in rules_with_hits(Rule.objects.all(), now=clock.now())}

        assert (rows["slurs"].num_hits, rows["slurs"].num_shadow_hits) == (2, 0)
        assert (rows["fraud"].num_hits, rows["fraud"].num_shadow_hits) == (1, 1)

    def test_are_silent_after_90_days_or_where_there_never_was_one(self):
        hit("secret", days_ago=89)
        hit("word", days_ago=91)

        silent = rules_silent(rules_with_hits(Rule.objects.all(), now=clock.now()), now=clock.now())

        assert "slurs" not in {rule.slug for rule in silent}
        assert {"fraud", "bomb-making-en"} <= {rule.slug for rule in silent}


class TestTheShareOfTexts:
    def test_is_of_messages_and_refused_texts_and_counts_a_text_once(self):
        conversation = make_conversation(make_user())
        messages = [make_question(conversation) for _ in range(3)]
        hit("secret and secret", message_id=messages[0].id)
        hit("secret")  # refused: no message

        figures = rule_figures(slugs=["slurs", "fraud"], now=clock.now())

        assert figures["slurs"].text_share == 2 / 4
        assert figures["fraud"].text_share == 0

    def test_is_none_where_nothing_was_judged(self):
        assert rule_figures(slugs=["slurs"], now=clock.now())["slurs"].text_share is None

    def test_is_never_more_than_all(self):
        for _ in range(2):
            hit("secret", message_id=uuid7())  # the conversations are gone

        make_question(make_conversation(make_user()))

        assert rule_figures(slugs=["slurs"], now=clock.now())["slurs"].text_share == 1.0


class TestTheCost:
    @pytest.mark.parametrize(("num_hits", "expected_us"), [(1, 1), (99, 99), (100, 99), (101, 100)])
    def test_is_the_latency_at_the_nearest_rank(self, num_hits, expected_us):
        for latency_us in range(num_hits, 0, -1):
            hit("secret", latency_us=latency_us)
        hit("word", latency_us=9_999)

        assert rule_figures(slugs=["slurs"], now=clock.now())["slurs"].latency_p99_us == expected_us

    def test_is_the_mean_too(self):
        hit("secret", latency_us=10)
        hit("secret", latency_us=20)

        row: Any = rules_with_hits(Rule.objects.all(), now=clock.now()).get(slug="slurs")
        assert row.latency_mean_us == 15

    def test_is_unknown_without_a_hit(self):
        assert rule_figures(slugs=["slurs"], now=clock.now())["slurs"].latency_p99_us is None


class TestTheFigures:
    def test_take_four_queries_for_any_number_of_rules(self, django_assert_num_queries):
        hit("secret word")

        with django_assert_num_queries(4):
            rule_figures(slugs=[f"rule-{number}" for number in range(50)], now=clock.now())

    def test_are_written_with_their_units(self):
        assert [share_text(share) for share in (0, 0.0004, 0.012, 1)] == ["0.0 %", "< 0.1 %", "1.2 %", "100.0 %"]
        assert [duration_text(duration_us) for duration_us in (7, 999, 12_300)] == ["7 µs", "999 µs", "12.3 ms"]


class TestTheRuleList:
    def shown(self, client: Client, **query: str) -> list[str]:
        response = client.get(reverse("admin:moderation_rule_changelist"), query)
        assert response.status_code == 200
        return [row.slug for row in response.context["cl"].result_list]

    @pytest.mark.parametrize(
        ("language", "sentences"),
        [
            (
                "en",
                [
                    "hits in 30 days",
                    "would have: flag × 1",
                    "never",
                    "100.0 %",
                    "p99 5 µs",
                    "held characters, p50 / p99",
                    "0 / 7",
                ],
            ),
            (
                "zh-hans",
                ["30 天内命中", "本会：标记 × 1", "从未", "100.0 %", "p99 5 µs", "扣住的字符，p50 / p99", "0 / 7"],
            ),
        ],
        ids=["English", "Chinese"],
    )
    def test_shows_them(self, client, moderator, language, sentences):
        Rule.objects.filter(slug="fraud").update(action="flag")
        RuleHold.objects.create(
            rule_slug="fraud", rule_revision=1, p50_chars=0, p99_chars=7, num_texts=12, num_chars=900
        )
        hit("secret word")

        page = client.get(
            reverse("admin:moderation_rule_changelist"), headers={"accept-language": language}
        ).content.decode()

        assert [sentence for sentence in sentences if sentence.lower() not in page.lower()] == []

    def test_is_sorted_by_hits_on_request(self, client, moderator):
        hit("secret and secret")
        hit("word")

        column = list(client.get(reverse("admin:moderation_rule_changelist")).context["cl"].list_display).index(
            "num_hits"
        )

        assert self.shown(client, o=f"-{column}")[:2] == ["slurs", "fraud"]

    def test_finds_rules_that_never_hit(self, client, moderator):
        hit("secret")

        silent = self.shown(client, hits="silent")

        assert "slurs" not in silent
        assert "fraud" in silent

    def test_finds_rules_of_a_kind(self, client, moderator):
        Rule.objects.create(slug="a-regex", kind="regex", category="other", words="x+", stages=["input"])

        assert self.shown(client, kind__exact="regex") == ["a-regex"]

    def test_shows_nothing_of_it_to_who_may_not_see_rules(self, client):
        client.force_login(make_user(is_staff=True))

        assert client.get(reverse("admin:moderation_rule_changelist")).status_code == 403
