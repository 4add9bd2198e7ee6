"""Readings of withheld text: who may, and that each is on record before anybody sees a word."""

from datetime import datetime

from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing
from chatapp.review.evidence import cipher
from chatapp.review.models import Decision, Evidence, EvidenceReading


def evidence_read(*, decision: Decision, reader: User, on_record_since: datetime | None = None) -> str:
    """
    The withheld text behind a decision; that it was read is on record before it is returned.

    on_record_since: a reading of the same reader since then is of the same look, and there is no second one.
    :raises EvidenceForbidden, EvidenceMissing, EvidenceUnreadable: then nothing was read, and nothing says so.
    """
    if not reader.has_perm("review.view_evidence_text"):
        raise EvidenceForbidden(_("You may not read withheld text."))
    kept = Evidence.objects.filter(id=decision.evidence_id).first() if decision.evidence_id else None
    if kept is None:
        raise EvidenceMissing(_("No text was withheld here, or it was erased."))
    text = cipher.decrypt(bytes(kept.ciphertext))
    readings = EvidenceReading.objects.filter(evidence_id=kept.id, reader_id=reader.id)
    if on_record_since is None or not readings.filter(read_at__gte=on_record_since).exists():
        EvidenceReading.objects.create(
            evidence_id=kept.id, decision_id=decision.id, reader_id=reader.id, reader_email=reader.email
        )
    return text
