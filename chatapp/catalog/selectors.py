"""Reads the catalog."""

from pathlib import Path

from django.conf import settings

from chatapp.catalog.errors import ModelUnknown
from chatapp.catalog.models import ChatModel


def model_get_enabled(*, slug: str) -> ChatModel:
    """:raises ModelUnknown: when no enabled model has the slug."""
    try:
        return ChatModel.objects.get(slug=slug, is_enabled=True)
    except ChatModel.DoesNotExist:
        raise ModelUnknown.of(slug) from None


def model_get_default() -> ChatModel:
    """
    The row marked default, or else the first enabled one.

    :raises ModelUnknown: when the catalog offers nothing.
    """
    found = ChatModel.objects.filter(is_enabled=True).order_by("-is_default", "created_at").first()
    if found is None:
        raise ModelUnknown.of("default")
    return found


def model_list_enabled() -> list[ChatModel]:
    return list(ChatModel.objects.filter(is_enabled=True))


def model_folder(model: ChatModel) -> Path:
    """Where the converted weights lie; a relative path is one inside the models folder."""
    return Path(settings.MODELS_DIR) / model.path
