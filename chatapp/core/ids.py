"""Keys that sort by the time they were made. Source: UUIDv7, RFC 9562 §5.7."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7

_BITS_AFTER_TIME = 80  # the first 48 bits are milliseconds since 1970


def uuid7() -> UUID:
    return _uuid7()


def uuid7_floor(at: datetime) -> UUID:
    """Below every key that was made at that time or later, above every one of a millisecond before."""
    return UUID(int=int(at.timestamp() * 1000) << _BITS_AFTER_TIME)
