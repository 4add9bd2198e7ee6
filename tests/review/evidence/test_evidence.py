"""Withheld text: who reads it, and that it is on record."""

import pytest

from chatapp.accounts.models import User
from chatapp.core.ids import uuid7
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing, EvidenceUnreadable
from chatapp.review.evidence import cipher
from chatapp.review.evidence.readings import evidence_read
from chatapp.review.models import Decision, Evidence, EvidenceReading
from tests.review.records import record
from tests.support.factories import make_staff

pytestmark = [pytest.mark.django_db, pytest.mark.postgres]


@pytest.fixture
def reviewer() -> User:
    return make_staff("reviewer")


@pytest.fixture
def decision() -> Decision:
    return record(uuid7(), withheld_text="what was withheld")[0]


class TestEvidenceRead:
    def test_gives_the_text_and_puts_the_reading_on_record(self, reviewer, decision):
        assert evidence_read(decision=decision, reader=reviewer) == "what was withheld"

        reading = EvidenceReading.objects.get()
        assert (reading.reader_id, reading.reader_email) == (reviewer.id, reviewer.email)
        assert (reading.decision_id, reading.evidence_id) == (decision.id, decision.evidence_id)

    @pytest.mark.parametrize("groups", [[], ["moderator"]])
    def test_is_refused_to_everybody_else_and_leaves_no_reading(self, decision, groups):
        with pytest.raises(EvidenceForbidden):
            evidence_read(decision=decision, reader=make_staff(*groups))

        assert not EvidenceReading.objects.exists()

    def test_of_erased_evidence_says_so(self, reviewer, decision):
        Evidence.objects.all().delete()

        with pytest.raises(EvidenceMissing):
            evidence_read(decision=decision, reader=reviewer)

    def test_survives_the_readers_account(self, reviewer, decision):
        evidence_read(decision=decision, reader=reviewer)

        reviewer.delete()

        assert EvidenceReading.objects.count() == 1


class TestEncryption:
    def test_reads_what_an_older_secret_wrote(self, settings):
        ciphertext = cipher.encrypt("text")
        settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
        settings.SECRET_KEY = "a new secret"

        assert cipher.decrypt(ciphertext) == "text"

    def test_says_when_the_secret_is_gone(self, settings):
        ciphertext = cipher.encrypt("text")
        settings.SECRET_KEY = "a new secret"

        with pytest.raises(EvidenceUnreadable):
            cipher.decrypt(ciphertext)
