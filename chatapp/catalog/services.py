"""Writes the catalog."""

from collections.abc import Collection

from chatapp.catalog.models import ChatModel


def model_add(*, slug: str, name: str, source: str, path: str, context_window: int, revision: str = "") -> ChatModel:
    """Add a model, or point an existing row to its new weights; enables it either way."""
    model, _ = ChatModel.objects.update_or_create(
        slug=slug,
        defaults={
            "source": source,
            "revision": revision,
            "path": path,
            "context_window": context_window,
            "max_new_tokens": min(1024, context_window // 2),
            "is_enabled": True,
        },
        create_defaults={
            "name": name,
            "source": source,
            "revision": revision,
            "path": path,
            "context_window": context_window,
            "max_new_tokens": min(1024, context_window // 2),
            "is_default": not ChatModel.objects.filter(is_default=True).exists(),
        },
    )
    return model


def model_engine_report(*, slug: str, kind: str, reason: str, parameters: Collection[str]) -> bool:
    """
    Note which engine a model worker serves the model with, why, and what a request may ask of it.

    Returns whether that was new. With several workers the one that started last is believed.
    """
    fields = {"serving_engine": kind, "serving_reason": reason, "serving_parameters": sorted(parameters)}
    known = ChatModel.objects.filter(slug=slug).values(*fields).first()
    if known is None or known == fields:
        return False
    return bool(ChatModel.objects.filter(slug=slug).update(**fields))
