"""Writes people."""

from chatapp.accounts.models import User
from chatapp.core.text import storable


def user_update(*, user: User, language: str | None, display_name: str | None) -> User:
    """Change what is given and leave the rest."""
    if language is not None:
        user.language = language
    if display_name is not None:
        user.display_name = " ".join(storable(display_name).split())
    user.save(update_fields=["language", "display_name"])
    return user


def admin_create_first(*, email: str, password: str) -> User | None:
    """Create the first administrator; None when there is one already."""
    if User.objects.filter(is_superuser=True).exists():
        return None
    return User.objects.create_superuser(email, password)
