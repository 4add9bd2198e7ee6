"""The signed-in person as the wire shows them."""

from typing import Any

from django.utils import translation

from chatapp.accounts.models import User
from chatapp.api.schemas import MeOut
from chatapp.core.limits import MAX_TEXT_CHARS


def me_view(user: User) -> MeOut:
    return MeOut(
        id=user.id,
        email=user.email,
        display_name=user.display_name,
        language="zh-hans" if (user.language or translation.get_language()) == "zh-hans" else "en",
        is_staff=user.is_staff,
        max_text_chars=MAX_TEXT_CHARS,
    )


def person(request: Any) -> User:
    """Who asks; the API's SessionAuth has let nobody else in."""
    user: User = request.auth
    return user
