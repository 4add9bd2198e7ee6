"""
The chain of a conversation's decisions: each row's digest covers its own fields and the digest before it. Pure.

Text enters only as its own keyed digest, so evidence can be erased and the chain still verifies. Who lacks the key can
neither forge a row nor test a guess at a text.
"""

import hmac
import json
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from chatapp.review.evidence.keys import Purpose, keys_for
from chatapp.review.models import Decision

_COVERED_FIELDS = (
    "id", "conversation_id", "place", "owner_id", "message_id", "generation_id", "rule_slug", "rule_revision",
    "ruleset_version", "stage", "category", "severity", "action", "is_enforced", "span_start", "span_end", "latency_us",
    "evidence_id", "text_digest", "previous_digest",
)  # fmt: skip

_LATER_FIELDS: dict[str, Any] = {"channel": "strict", "score": None, "principle": None, "error": ""}


def text_digest(text: str, *, key: bytes) -> str:
    return hmac.digest(key, text.encode("utf-8", "surrogatepass"), "sha256").hex()


def row_digest(row: Decision, *, key: bytes) -> str:
    covered: dict[str, Any] = {name: getattr(row, name) for name in _COVERED_FIELDS}
    # Rows of before these columns have their defaults and the digest they had.
    covered |= {name: value for name, usual in _LATER_FIELDS.items() if (value := getattr(row, name)) != usual}
    covered["created_at"] = row.created_at.isoformat()
    return hmac.digest(key, json.dumps(covered, default=str, sort_keys=True).encode(), "sha256").hex()


def breaks(rows: Iterable[Decision]) -> Iterator[tuple[Decision, str]]:
    """
    Rows that are not as they were written, each with the reason, one per chain: behind a break nothing is certain.

    rows: by conversation, then by place. What was cut off at a chain's end cannot be seen from the chain.
    """
    keys = keys_for(Purpose.CHAIN)
    before: Decision | None = None
    broken_conversation_id = None
    for row in rows:
        if before is not None and before.conversation_id != row.conversation_id:
            before = None
        if row.conversation_id != broken_conversation_id and (reason := _fault(row, before, keys)):
            broken_conversation_id = row.conversation_id
            yield row, reason
        before = row


def _fault(row: Decision, before: Decision | None, keys: Sequence[bytes]) -> str | None:
    place, digest = (before.place, before.digest) if before else (0, "")
    if row.place != place + 1:
        return f"place {row.place} follows place {place}"
    if row.previous_digest != digest:
        return "does not continue the row before it"
    if not any(hmac.compare_digest(row.digest, row_digest(row, key=key)) for key in keys):
        return "was changed after it was written"
    return None
