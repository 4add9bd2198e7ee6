"""
Keys derived from the installation's secret, one per purpose: who learns one learns nothing of the others.

Source: HKDF, RFC 5869. Older secrets (SECRET_KEY_FALLBACKS) still read and verify; only the newest writes.
"""

import base64
from enum import StrEnum

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.utils.encoding import force_bytes

KEY_SIZE_BYTES = 32


class Purpose(StrEnum):
    EVIDENCE = "chatapp.review.evidence"
    TEXT_DIGEST = "chatapp.review.text-digest"
    CHAIN = "chatapp.review.decision-chain"


def keys_for(purpose: Purpose) -> list[bytes]:
    """The newest first."""
    return [_derive(secret, purpose) for secret in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]


def fernet_keys() -> list[bytes]:
    return [base64.urlsafe_b64encode(key) for key in keys_for(Purpose.EVIDENCE)]


def _derive(secret: str | bytes, purpose: Purpose) -> bytes:
    return HKDF(algorithm=SHA256(), length=KEY_SIZE_BYTES, salt=None, info=purpose.encode()).derive(force_bytes(secret))
