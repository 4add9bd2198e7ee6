"""Reads dry runs and, for those who may, the messages behind their samples: each such reading goes on record first."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _

from chatapp.accounts.models import User
from chatapp.conversations.models import Message
from chatapp.review.dry_runs.models import DryRun, DryRunReading, DryRunSample, DryRunState
from chatapp.review.errors import EvidenceForbidden, EvidenceMissing

EXCERPT_CHARS = 120  # on each side of the hit
BEFORE_CHARS = 200  # of the message before


@dataclass(frozen=True, slots=True)
class SampleRead:
    """One hit with what stands around it; `is_gone` where the message is erased or deleted."""

    sample: DryRunSample
    before: str = ""
    left: str = ""
    hit: str = ""
    right: str = ""
    is_gone: bool = False


def dry_run_newest_of(*, rules_digest: str) -> DryRun | None:
    """The newest finished dry run of exactly these rules that met a message."""
    runs = DryRun.objects.filter(rules_digest=rules_digest, state=DryRunState.DONE, num_judged__gt=0)
    return runs.order_by("-id").first()


def dry_run_samples_read(*, dry_run: DryRun, rule_slug: str, reader: User) -> list[SampleRead]:
    """
    The samples of one rule with the text as the person has it, the newest first.

    :raises EvidenceForbidden: without the right to read withheld text.
    :raises EvidenceMissing: the rule has no samples here.
    """
    if not reader.has_perm("review.view_evidence_text"):
        raise EvidenceForbidden(_("You may not read what people wrote."))
    samples = list(dry_run.samples.filter(rule_slug=rule_slug).order_by("-message_id"))
    if not samples:
        raise EvidenceMissing(_("The rule has no samples here."))
    messages = Message.objects.select_related("parent").in_bulk([sample.message_id for sample in samples])
    DryRunReading.objects.create(
        dry_run_id=dry_run.id,
        rule_slug=rule_slug,
        message_ids=[str(message_id) for message_id in messages],
        reader_id=reader.id,
        reader_email=reader.email,
    )
    return [_read(sample, messages) for sample in samples]


def _read(sample: DryRunSample, messages: Mapping[UUID, Message]) -> SampleRead:
    message = messages.get(sample.message_id)
    if message is None or message.text is None:
        return SampleRead(sample, is_gone=True)
    text, start, end = message.text, sample.span_start, sample.span_end
    left, right = text[max(0, start - EXCERPT_CHARS) : start], text[end : end + EXCERPT_CHARS]
    return SampleRead(
        sample,
        before=_shortened((message.parent and message.parent.text) or ""),
        left=f"…{left}" if start > EXCERPT_CHARS else left,
        hit=text[start:end],
        right=f"{right}…" if end + EXCERPT_CHARS < len(text) else right,
    )


def _shortened(text: str) -> str:
    return text if len(text) <= BEFORE_CHARS else f"…{text[-BEFORE_CHARS:]}"
