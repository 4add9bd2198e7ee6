"""Reads the catalog, and which models have a worker right now."""

from pathlib import Path

from django.conf import settings

from chatapp.catalog.errors import ModelUnknown
from chatapp.catalog.models import ChatModel
from chatapp.core.redis import redis_sync


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


def worker_pattern(slug: str) -> str:
    """The Redis keys by which the workers of a model say that they are up: `worker:<slug>:<name>`."""
    return f"worker:{slug}:*"


def worker_is_available(*, slug: str) -> bool:
    return next(redis_sync().scan_iter(match=worker_pattern(slug), count=500), None) is not None


def workers_available(slugs: list[str]) -> dict[str, bool]:
    """One scan for all: the keys are few, a person asks seldom."""
    up = {key.decode().split(":")[1] for key in redis_sync().scan_iter(match="worker:*", count=500)}
    return {slug: slug in up for slug in slugs}
