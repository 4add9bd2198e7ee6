"""Encrypts and decrypts withheld text. Pure but for the keys. Source: Fernet (AES-128-CBC and HMAC-SHA256)."""

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from chatapp.review.errors import EvidenceUnreadable
from chatapp.review.evidence.keys import fernet_keys


def encrypt(text: str) -> bytes:
    # A model may emit half a surrogate pair; evidence of it must not fail.
    return _fernet().encrypt(text.encode("utf-8", "surrogatepass"))


def decrypt(ciphertext: bytes) -> str:
    """:raises EvidenceUnreadable: if it was written with a secret that this installation no longer has."""
    try:
        return _fernet().decrypt(ciphertext).decode("utf-8", "surrogatepass")
    except InvalidToken:
        raise EvidenceUnreadable("this evidence was encrypted with another secret key") from None


def _fernet() -> MultiFernet:
    return MultiFernet([Fernet(key) for key in fernet_keys()])
