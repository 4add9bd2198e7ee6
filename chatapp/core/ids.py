"""Keys that sort by the time they were made. Source: UUIDv7, RFC 9562 §5.7."""

from uuid import UUID

from uuid_utils.compat import uuid7 as _uuid7


def uuid7() -> UUID:
    return _uuid7()
