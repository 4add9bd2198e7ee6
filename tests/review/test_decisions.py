"""Decisions: what is written, in which chain, and what nobody can change afterwards."""

from dataclasses import replace
from uuid import uuid4

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import IntegrityError, connection, transaction
from django.db.utils import DatabaseError

from chatapp.core.ids import uuid7
from chatapp.moderation.judging.gate import judge
from chatapp.moderation.judging.verdict import Channel, Stage
from chatapp.review.evidence import cipher
from chatapp.review.evidence.chain import breaks
from chatapp.review.models import Decision, Evidence, EvidenceReading
from chatapp.review.selectors import decision_list, decision_list_broken
from tests.review.records import RULES, VERDICT, record
from tests.support.at_once import at_once
from tests.support.database.migrated import triggers_aside

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


class TestDecisionsRecord:
    def test_writes_a_row_for_each_match_with_rule_span_and_place(self):
        conversation_id, message_id = uuid7(), uuid7()

        record(conversation_id, message_id=message_id)

        first, second = Decision.objects.filter(conversation_id=conversation_id).order_by("place")
        assert (first.place, first.rule_slug, first.action, first.span_start, first.span_end) == (
            1, "masks", "redact", 2, 8,
        )  # fmt: skip
        assert (first.category, first.severity, first.stage, first.latency_us) == ("test", 3, "output", 7)
        assert (first.ruleset_version, first.rule_revision, first.message_id) == (1, 1, message_id)
        assert (second.place, second.rule_slug, second.is_enforced) == (2, "watches", False)

    def test_writes_nothing_for_a_verdict_without_matches(self):
        assert record(verdict=judge(RULES, "nothing", Stage.OUTPUT), withheld_text="") == []
        assert not Decision.objects.exists()

    def test_goes_on_at_the_end_of_the_conversations_chain(self):
        conversation_id = uuid7()
        record()

        record(conversation_id)
        record(conversation_id)

        rows = list(Decision.objects.filter(conversation_id=conversation_id).order_by("place"))
        assert [row.place for row in rows] == [1, 2, 3, 4]
        assert [row.previous_digest for row in rows] == ["", *(row.digest for row in rows[:3])]

    def test_keeps_the_withheld_text_encrypted_and_once(self):
        rows = record(withheld_text="the secret 炸弹 \ud83d")

        kept = Evidence.objects.get()
        assert [row.evidence_id for row in rows] == [kept.id, kept.id]
        assert b"secret" not in bytes(kept.ciphertext)
        assert cipher.decrypt(bytes(kept.ciphertext)) == "the secret 炸弹 \ud83d"

    def test_keeps_no_evidence_where_nothing_was_withheld(self):
        (first, _) = record(withheld_text="")

        assert first.evidence_id is None
        assert not Evidence.objects.exists()

    def test_stays_when_what_it_was_called_from_is_rolled_back_afterwards(self):
        record()

        with pytest.raises(ZeroDivisionError), transaction.atomic():
            raise ZeroDivisionError

        assert Decision.objects.count() == 2

    def test_needs_neither_conversation_nor_message_in_the_database(self):
        record(message_id=None, generation_id=None)

        assert Decision.objects.filter(message_id=None).count() == 2


@pytest.mark.django_db(transaction=True)
class TestWritersAtOnce:
    def test_each_get_a_place_of_their_own_in_an_unbroken_chain(self):
        conversation_id = uuid7()

        def write() -> None:
            for _ in range(5):
                record(conversation_id)

        at_once(*[write] * 4)

        places = Decision.objects.filter(conversation_id=conversation_id).values_list("place", flat=True)
        assert sorted(places) == list(range(1, 41))
        assert list(decision_list_broken()) == []


class TestDecisionList:
    def test_narrows_to_what_is_asked_for_newest_first(self):
        conversation_id = uuid7()
        record(conversation_id)
        record()

        listed = decision_list(conversation_id=conversation_id)
        assert [row.rule_slug for row in listed] == ["watches", "masks"]
        assert decision_list(rule_slug="masks").count() == 2
        assert decision_list(message_id=uuid4()).count() == 0


class TestTheDatabase:
    @pytest.mark.parametrize("model", [Decision, EvidenceReading])
    def test_refuses_to_change_or_delete_what_is_on_record(self, model):
        (row, _) = record()
        EvidenceReading.objects.create(
            evidence_id=uuid7(), decision_id=row.id, reader_id=uuid7(), reader_email="a@example.org"
        )

        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.update(id=uuid7())
        with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
            model.objects.all()._raw_delete("default")

        assert model.objects.exists()

    def test_refuses_a_second_row_at_the_same_place(self):
        (row, _) = record()
        row.id = uuid7()

        with pytest.raises(IntegrityError), transaction.atomic():
            row.save(force_insert=True)

    def test_lets_evidence_go(self):
        record()

        Evidence.objects.all().delete()

        assert list(decision_list_broken()) == []


class TestModerationVerify:
    def test_is_content_with_whole_chains(self, capsys):
        conversation_id = uuid7()
        record(conversation_id)
        record(conversation_id)
        record()

        call_command("moderation_verify")

        assert "6 decisions" in capsys.readouterr().out

    @pytest.mark.parametrize("key", ["a new secret key"])
    def test_still_knows_rows_written_with_an_older_secret(self, settings, key):
        record()
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = key

        call_command("moderation_verify")

    @pytest.mark.parametrize(
        ("tampering", "reason"),
        [
            ("UPDATE review_decision SET severity = 4 WHERE place = 2", "was changed"),
            ("UPDATE review_decision SET span_end = span_end + 1 WHERE place = 2", "was changed"),
            ("UPDATE review_decision SET text_digest = '00' WHERE place = 2", "was changed"),
            ("UPDATE review_decision SET previous_digest = '00' WHERE place = 2", "does not continue"),
            ("DELETE FROM review_decision WHERE place = 2", "place 3 follows place 1"),
            ("DELETE FROM review_decision WHERE place = 1", "place 2 follows place 0"),
        ],
    )
    def test_exits_with_1_and_names_the_broken_row(self, tampering, reason):
        conversation_id = uuid7()
        record(conversation_id)
        record(conversation_id)
        tamper(tampering)

        with pytest.raises(CommandError, match=reason) as failure:
            call_command("moderation_verify")

        assert failure.value.returncode == 1
        assert str(conversation_id) in str(failure.value)
        assert len(str(failure.value).splitlines()) == 1

    def test_names_one_row_in_each_broken_conversation(self):
        for _ in range(2):
            record()
        tamper("UPDATE review_decision SET latency_us = 8")

        assert len(list(decision_list_broken())) == 2

    def test_sees_rows_written_without_the_key(self, settings):
        record()
        settings.SECRET_KEY = "stolen or lost"

        assert [reason for _, reason in decision_list_broken()] == ["was changed after it was written"]


def tamper(statement: str) -> None:
    """As somebody with the database's password would."""
    postgresql = connection.vendor == "postgresql"
    with connection.cursor() as cursor:
        if postgresql:
            cursor.execute("ALTER TABLE review_decision DISABLE TRIGGER USER")
            cursor.execute(statement)
            cursor.execute("ALTER TABLE review_decision ENABLE TRIGGER USER")
            return
    with triggers_aside(), connection.cursor() as cursor:
        cursor.execute(statement)


class TestHowItWasSeen:
    def test_is_on_record_and_covered_by_the_chain(self):
        [seen, _] = VERDICT.matches
        match = replace(seen, channel=Channel.PINYIN, score=0.75, error="classifier_timed_out")

        [row] = record(verdict=replace(VERDICT, matches=(match,)))

        row.refresh_from_db()
        assert (row.channel, row.score, row.error) == ("pinyin", 0.75, "classifier_timed_out")
        assert not list(breaks([row]))
        row.score = 0.1
        assert [reason for _, reason in breaks([row])] == ["was changed after it was written"]
