"""What every text that a person sends must be, before anyone looks at it. Pure."""


def storable(text: str) -> str:
    """The text without NUL: PostgreSQL stores none, and no keyboard sends one."""
    return text.replace("\x00", "")
